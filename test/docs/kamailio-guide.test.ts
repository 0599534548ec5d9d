import { afterAll, beforeAll, expect, test } from "vitest";
import { alike } from "../support/alike.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { mintedBy } from "../support/minted.ts";
import { describeAsRoot } from "../support/needs.ts";
import { until } from "../support/until.ts";

const page = openPage("docs/kamailio.md");
const install = page.take("sh", "npm install");
const makeKey = page.take("sh", "openssl rand");
const configure = page.take("sh", "systemctl restart");
const mint = page.take("sh", "mayfly mint");
const minted = page.take("", "password ");
const register = page.take("sh", "sipsak -U");
const registered = page.take("", /^registered$/m);

describeAsRoot(
  "kamailio",
  "kamailioTls",
  "sipsak",
)("the guide to Kamailio", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine(["example.com"]);
    machine.install(install);
    machine.sh(makeKey);
    machine.sh(configure);
    await machine.untilListening(5061);
  });
  afterAll(() => machine?.stop());

  const using = ({ username, password }: { username: string; password: string }) =>
    register.replace("USERNAME", username).replace("PASSWORD", password);

  test("ends with a registration", async () => {
    const shown = machine.sh(mint);
    expect(alike(shown)).toBe(alike(minted));
    const lines = using(mintedBy(shown));
    await until(() => machine.run(lines).status === 0);
    expect(machine.sh(lines)).toContain(registered);
  });

  test("which is refused with a credential of bob's", () => {
    const credential = mintedBy(machine.sh(mint));
    const { password } = mintedBy(machine.sh(mint.replace("alice", "bob")));
    expect(machine.run(using({ ...credential, password })).status).toBe(2);
  });

  test("leaves the secret to Kamailio alone", () => {
    expect(machine.sh("stat -c '%U:%G %a' /etc/kamailio/kamailio.cfg")).toBe("root:kamailio 640\n");
    expect(machine.sh("stat -c '%U:%G %a' /etc/kamailio/privkey.pem")).toBe("root:kamailio 640\n");
  });

  test("has nothing else", () => {
    expect(page.left()).toEqual([]);
  });
});
