import { afterAll, beforeAll, expect, test } from "vitest";
import { alike } from "../support/alike.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { mintedBy } from "../support/minted.ts";
import { describeAsRoot } from "../support/needs.ts";

const page = openPage("docs/coturn.md");
const install = page.take("sh", "npm install");
const makeKey = page.take("sh", "openssl rand");
const configure = page.take("sh", "systemctl restart");
const mint = page.take("sh", "mayfly mint");
const minted = page.take("", "password ");
const relay = page.take("sh", "turnutils_uclient");
const relayed = page.take("", "Total lost packets");

describeAsRoot("coturn")("the guide to coturn", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine(["turn.example.com"]);
    machine.install(install);
    machine.sh(makeKey);
    machine.sh(configure);
    await machine.untilListening(5349);
  });
  afterAll(() => machine?.stop());

  const using = ({ username, password }: { username: string; password: string }) =>
    relay.replace("USERNAME", username).replace("PASSWORD", password);

  test("ends with relays that talk to each other", () => {
    const shown = machine.sh(mint);
    expect(alike(shown)).toBe(alike(minted));
    const { status, printed } = machine.run(using(mintedBy(shown)));
    expect(printed).toContain(relayed.trim());
    expect(status).toBe(0);
  });

  test("which are refused to another secret", () => {
    const credential = mintedBy(machine.sh(mint));
    const other = {
      ...credential,
      password: mintedBy(machine.sh(mint.replace("alice", "bob"))).password,
    };
    const { printed } = machine.run(`timeout 20 ${using(other)}`);
    expect(printed).toContain("Cannot complete Allocation");
  });

  test("leaves the secret to coturn alone", () => {
    for (const file of ["/etc/turnserver.conf", "/etc/coturn/privkey.pem"]) {
      expect(machine.sh(`stat -c '%U:%G %a' ${file}`)).toBe("root:turnserver 640\n");
    }
  });

  test("has nothing else", () => {
    expect(page.left()).toEqual([]);
  });
});
