import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { followEjabberd, host } from "../support/machine/guide-steps.ts";
import { stepIn } from "../support/machine/init-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/ejabberd.md");
const wrote = page.take("wrote");
const found = page.take("found");
const minted = page.take("minted");
const examine = page.take("examine");
const mint = page.take("mint");

describeAsRoot("ejabberd")("the guide to ejabberd", () => {
  let machine: Machine;
  let printed: string;

  beforeAll(async () => {
    machine = await startMachine([host]);
    printed = await followEjabberd(machine, page);
  });
  afterAll(() => machine?.stop());

  test("shows what mayfly init prints", () => {
    expect(alike(wrote)).toBe(alike(printed));
  });

  test("has left files that ejabberd alone reads", () => {
    expect(machine.sh("stat -c '%U:%G %a %n' /etc/mayfly /etc/mayfly/*").split("\n")).toEqual([
      "ejabberd:ejabberd 750 /etc/mayfly",
      expect.stringMatching(/^ejabberd:ejabberd 600 \/etc\/mayfly\/\d{4}-\d\d\.key$/),
      "ejabberd:ejabberd 600 /etc/mayfly/mayfly.yml",
      "",
    ]);
  });

  test("ends with all checks passed, by its own commands and by those of mayfly init", () => {
    expect(machine.sh(examine)).toBe(found);
    expect(`${machine.sh(stepIn(printed, "check the set-up"))}`).toBe(`${found.split("\n")[0]}\n`);
  });

  test("mints what logs in, and nobody else", () => {
    const shown = machine.sh(mint);
    expect(alike(shown)).toBe(alike(minted));
    for (const text of [shown, machine.sh(stepIn(printed, "test a login"))]) {
      const [, password = ""] = /^password +(\S+)$/m.exec(text) ?? [];
      expect(machine.logIn({ user: "alice", host, password })).toBe("success");
      expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
    }
  });

  test("mints as the user whom the files belong to: another may not read them", () => {
    machine.sh("chown root /etc/mayfly/*.key");
    expect(machine.run(mint)).toMatchObject({ status: 2 });
    expect(machine.run(mint).printed).toContain("EACCES");
    machine.sh("chown ejabberd /etc/mayfly/*.key");
  });
});
