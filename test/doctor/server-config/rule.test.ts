import { expect, test } from "vitest";
import { applyRules, type Rule } from "../../../src/doctor/server-config/rule.ts";

interface Ports {
  plain: number;
  open: number[];
}

const rules: Rule<Ports>[] = [
  {
    code: "plain-without-tls",
    applies: ({ plain }) => plain > 0,
    find: ({ plain }) => ({ what: `port ${plain}`, where: "x:2", severity: "warning" }),
  },
  { code: "host", find: ({ open }) => open.map((port) => ({ what: `port ${port}` })) },
  { code: "module", find: () => undefined },
];

function apply(ports: Ports): string[] {
  return applyRules(rules, ports, { kind: "prosody", path: "x" }).map(
    ({ severity, code, what, where }) => `${severity} ${code} ${what} ${where}`,
  );
}

test("each rule adds what it finds, in the order of the rules, and its own texts count", () => {
  expect(apply({ plain: 1, open: [2, 3] })).toEqual([
    "warning plain-without-tls port 1 x:2",
    "error host port 2 x",
    "error host port 3 x",
  ]);
});

test("a rule that does not apply, or finds nothing, adds nothing", () => {
  expect(apply({ plain: 0, open: [] })).toEqual([]);
});
