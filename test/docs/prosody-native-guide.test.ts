import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { host } from "../support/machine/guide-steps.ts";
import { stepIn } from "../support/machine/init-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/prosody-native.md");
const init = page.take("init");
const wrote = page.take("wrote");
const install = page.take("install");
const examine = page.take("examine");
const found = page.take("found");

describeAsRoot("prosody")("the guide to Prosody that verifies by itself", () => {
  let machine: Machine;
  let printed: string;

  beforeAll(async () => {
    machine = await startMachine([host]);
    machine.install("npm install -g mayfly");
    printed = machine.sh(init);
    // One machine has to be both: what mints is put aside, Node too, and what the guide copies is there.
    machine.sh(`cp -r /usr/lib/node_modules/mayfly/prosody/mod_auth_mayfly /etc/mayfly/*.key .
      mv /etc/mayfly /usr/bin/node /opt`);
    expect(machine.run("mayfly --version || node --version").status).not.toBe(0);
    machine.sh(install);
    machine.sh(stepIn(printed, "install both"));
    machine.write(`/etc/prosody/conf.d/${host}.cfg.lua`, `${stepIn(printed, "Write this")}\n`);
    machine.sh(stepIn(printed, "Restart Prosody"));
    await machine.untilListening(5222);
    machine.sh("mv /opt/node /usr/bin; cp /opt/mayfly/mayfly.yml /etc/mayfly");
  });
  afterAll(() => machine?.stop());

  test("shows what mayfly init prints", () => {
    expect(alike(wrote)).toBe(alike(printed));
  });

  test("leaves the secret to Prosody alone", () => {
    expect(machine.sh("stat -c '%U:%G %a %n' /etc/mayfly /etc/mayfly/*.key").split("\n")).toEqual([
      "root:prosody 750 /etc/mayfly",
      expect.stringMatching(/^prosody:root 400 \/etc\/mayfly\/\d{4}-\d\d\.key$/),
      "",
    ]);
  });

  test("ends with all checks passed, by its own commands and by those of mayfly init", () => {
    expect(machine.sh(examine)).toBe(found);
    expect(machine.sh(stepIn(printed, "check the set-up"))).toBe(found);
  });

  test("lets in what mayfly init mints, and nobody else", () => {
    const { password } = mintedBy(machine.sh(stepIn(printed, "test a login")));
    expect(machine.logIn({ user: "alice", host, password })).toBe("success");
    expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
  });
});
