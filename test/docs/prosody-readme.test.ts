import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { mintedBy } from "../support/minted.ts";
import { describeAsRoot } from "../support/needs.ts";

const host = "example.com";
const page = openPage("prosody/README.md");
const steps = [
  page.take("sh", "cat > /etc/mayfly/mayfly.yml"),
  page.take("sh", "systemctl enable --now mayfly"),
  page.take("sh", "cp -r prosody/mod_auth_mayfly"),
];

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

  test("is all that stands there", () => {
    expect(page.left()).toEqual([]);
  });
});
