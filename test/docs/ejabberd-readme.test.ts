import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { restartEjabberd } from "../support/machine/guide-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const host = "example.org";
const page = openPage("ejabberd/README.md");
const byHand = page.take("by-hand");
const http = page.take("http");
const backendKey = page.take("backend-key");
const module = openPage("ejabberd/mod_mayfly/README.md").take("by-hand");

describeAsRoot("ejabberd", "oauth2")("what ejabberd's page has to be done by hand", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine([host]);
    machine.install("npm install -g mayfly");
    machine.sh(byHand);
    machine.sh(`cd /usr/lib/node_modules/mayfly/ejabberd\n${module}`);
    machine.sh(
      `cd /etc/letsencrypt/live/${host}; cat fullchain.pem privkey.pem > /etc/ejabberd/ejabberd.pem`,
    );
  });
  afterAll(() => machine?.stop());

  /** Takes a whole sample, and restarts ejabberd with it. */
  async function take(name: string, change = (text: string) => text): Promise<void> {
    const sample = readFileSync(new URL(`../../ejabberd/${name}`, import.meta.url), "utf8");
    machine.write("/etc/ejabberd/ejabberd.yml", change(sample));
    await restartEjabberd(machine);
  }

  const examined = () =>
    machine.run(
      `mayfly doctor xmpp://${host} --jid alice@${host} --ejabberd-config /etc/ejabberd/ejabberd.yml`,
    );

  test("lets the whole sample take a credential", async () => {
    await take("ejabberd.yml");
    const { password } = mintedBy(machine.sh(`mayfly mint alice@${host} --ttl 10m`));
    expect(machine.logIn({ user: "alice", host, password })).toBe("success");
    expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
  });

  test("lets that for X-OAUTH2 take tokens, and of their owners alone", async () => {
    machine.write("/etc/mayfly/mayfly.yml", machine.read("/etc/mayfly/mayfly.yml") + http);
    machine.sh(backendKey);
    const unit = machine.read("/usr/lib/node_modules/mayfly/systemd/mayfly.service");
    machine.write(
      "/etc/systemd/system/mayfly.service",
      unit.replace("User=mayfly", "User=ejabberd").replace("Group=prosody", "Group=ejabberd"),
    );
    machine.sh("systemctl daemon-reload && systemctl enable --now mayfly");
    await machine.untilListening(5380);
    const secret = machine.read("/etc/mayfly/backend.key").trim();
    await take("ejabberd-x-oauth2.yml", (text) => {
      expect(text).toContain("CHANGE-ME");
      return text.replace("CHANGE-ME", secret);
    });
    const { status, printed } = examined();
    expect(printed).toMatch(/^ok: .*: 10 checks passed$/m);
    expect(status).toBe(0);
  });
});
