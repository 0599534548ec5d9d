import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const host = "example.com";
const page = openPage("prosody/README.md");
const steps = [page.take("configuration"), page.take("service"), page.take("module")];

describeAsRoot("prosody")("what Prosody's page has to be done by hand", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine([host]);
    machine.install("npm install -g mayfly");
    for (const lines of steps) machine.sh(`cd /usr/lib/node_modules/mayfly\n${lines}`);
    const sample = new URL("../../prosody/prosody.cfg.lua", import.meta.url);
    machine.write("/etc/prosody/prosody.cfg.lua", readFileSync(sample, "utf8"));
    machine.sh(`prosodyctl --root cert import ${host} /etc/letsencrypt/live`);
    machine.sh("systemctl restart prosody");
    await machine.untilListening(5222);
  });
  afterAll(() => machine?.stop());

  test("lets the whole sample take a credential", () => {
    const { password } = mintedBy(machine.sh(`mayfly mint alice@${host} --ttl 10m`));
    expect(machine.logIn({ user: "alice", host, password })).toBe("success");
    expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
  });
});
