import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { followProsody, host } from "../support/machine/guide-steps.ts";
import { stepIn } from "../support/machine/init-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/prosody.md");
const wrote = page.take("wrote");
const found = page.take("found");
const foundOverWeb = page.take("found-over-web");
const minted = page.take("minted");
const examine = page.take("examine");
const examineWeb = page.take("examine-web");
const mint = page.take("mint");
const websocket = page.take("websocket");
const restart = page.take("restart");

describeAsRoot("prosody")("the guide to Prosody", () => {
  let machine: Machine;
  let printed: string;

  beforeAll(async () => {
    machine = await startMachine([host]);
    printed = await followProsody(machine, page);
  });
  afterAll(() => machine?.stop());

  test("shows what mayfly init prints", () => {
    expect(alike(wrote)).toBe(alike(printed));
  });

  test("has left files that mayfly alone reads", () => {
    expect(machine.sh("stat -c '%U:%G %a %n' /etc/mayfly /etc/mayfly/*").split("\n")).toEqual([
      "mayfly:mayfly 750 /etc/mayfly",
      expect.stringMatching(/^mayfly:mayfly 600 \/etc\/mayfly\/\d{4}-\d\d\.key$/),
      "mayfly:mayfly 600 /etc/mayfly/mayfly.yml",
      "",
    ]);
  });

  test("ends with all checks passed, by its own commands and by those of mayfly init", () => {
    expect(machine.sh(examine)).toBe(found);
    expect(machine.sh(stepIn(printed, "check the set-up"))).toBe(found);
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
    machine.sh("chown mayfly /etc/mayfly/*.key");
  });

  test("opens a WebSocket", async () => {
    const file = `/etc/prosody/conf.d/${host}.cfg.lua`;
    machine.write(file, machine.read(file) + websocket);
    machine.sh(restart);
    await machine.untilListening(5281);
    expect(machine.sh(examineWeb)).toBe(foundOverWeb);
  });
});
