import { expect, test } from "vitest";
import { readYaml } from "../../../src/doctor/server-config/yaml.ts";

const text = `hosts:
  - example.org
define_macro:
  CACHE: false
  toString: 1
auth_use_cache: CACHE
listen:
  -
    port: 5222
host_config:
  example.org:
    loglevel: debug
empty:
`;
const file = readYaml(text, "e.yml");

test.each<[path: (string | number)[], value: unknown, line: number]>([
  [["hosts"], ["example.org"], 2],
  [["hosts", 0], "example.org", 2],
  [["listen", 0, "port"], 5222, 9],
  [["host_config", "example.org", "loglevel"], "debug", 12],
  [["auth_use_cache"], false, 6],
  [["empty"], null, 13],
])("%j is found with its line", (path, value, line) => {
  expect(file.get(path)).toMatchObject({ value, where: `e.yml:${line}` });
});

test.each([[["none"]], [["hosts", 1]], [["hosts", "x", "y"]], [["loglevel"]]])(
  "%j is not there",
  (path) => {
    expect(file.get(path)).toBeUndefined();
  },
);

test("the first path that exists counts", () => {
  const paths = [["none"], ["host_config", "example.org", "loglevel"], ["hosts"]];
  expect(file.get(...paths)?.value).toBe("debug");
});

test("a value named like a method of every object is no macro", () => {
  expect(readYaml("a: hasOwnProperty", "e.yml").get(["a"])?.value).toBe("hasOwnProperty");
});

test("an empty file has nothing", () => {
  expect(readYaml("", "e.yml").get(["hosts"])).toBeUndefined();
});

test("a syntax error is reported with its line, and nothing is read", () => {
  const broken = readYaml("a: 1\nb: [", "e.yml");
  expect(broken.error).toMatch(/^e\.yml:\d+: [^\n]+$/);
  expect(broken.get(["a"])).toBeUndefined();
});
