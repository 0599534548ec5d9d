import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/coturn.md");
const install = page.take("install");
const makeKey = page.take("make-key");
const configure = page.take("configure");
const mint = page.take("mint");
const minted = page.take("minted");
const relay = page.take("relay");
const relayed = page.take("relayed");

test("names each option as the page that explains it", () => {
  const links = readFileSync("docs/coturn.md", "utf8").matchAll(
    /`([a-z-]+)`\]\(\.\.\/coturn\/README\.md#([a-z-]+)\)/g,
  );
  const named = [...links].map(([, name = "", anchor = ""]) => ({ name, anchor }));
  expect(named.map(({ name }) => name)).toEqual(["denied-peer-ip", "use-auth-secret"]);
  for (const { name, anchor } of named) expect(anchor.startsWith(name)).toBe(true);
});

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
});
