import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { until } from "../support/until.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/kamailio.md");
const install = page.take("install");
const makeKey = page.take("make-key");
const configure = page.take("configure");
const mint = page.take("mint");
const minted = page.take("minted");
const register = page.take("register");
const registered = page.take("registered");

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
});
