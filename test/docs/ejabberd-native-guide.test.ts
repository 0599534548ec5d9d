import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { host, putIntoEjabberdYml, restartEjabberd } from "../support/machine/guide-steps.ts";
import { stepIn } from "../support/machine/init-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/ejabberd-native.md");
const init = page.take("init");
const wrote = page.take("wrote");
const install = page.take("install");
const restart = page.take("restart");
const examine = page.take("examine");
const found = page.take("found");
const settings = "/etc/ejabberd/ejabberd.yml";

interface Listener {
  module: string;
}

describeAsRoot("ejabberd")("the guide to ejabberd that verifies by itself", () => {
  let machine: Machine;
  let printed: string;

  beforeAll(async () => {
    machine = await startMachine([host]);
    machine.install("npm install -g mayfly");
    printed = machine.sh(init);
    // One machine has to be both: what mints is put aside, Node too, and what the guide copies is there.
    machine.sh(`cp -r /usr/lib/node_modules/mayfly/ejabberd/mod_mayfly /etc/mayfly/*.key .
      mv /etc/mayfly /usr/bin/node /opt`);
    expect(machine.run("mayfly --version || node --version").status).not.toBe(0);
    machine.sh(install);
    machine.sh(stepIn(printed, "install both"));
    // As the guide says of the one with MQTT in clear text.
    const file = parseDocument(machine.read(settings));
    const listen = file.toJS().listen.filter(({ module }: Listener) => module !== "mod_mqtt");
    file.set("listen", file.createNode(listen));
    machine.write(settings, String(file));
    putIntoEjabberdYml(machine, printed);
    await restartEjabberd(machine, restart);
    machine.sh("mv /opt/node /usr/bin; cp /opt/mayfly/mayfly.yml /etc/mayfly");
  });
  afterAll(() => machine?.stop());

  test("shows what mayfly init prints", () => {
    expect(alike(wrote)).toBe(alike(printed));
  });

  test("ends with all checks passed, by its own commands and by those of mayfly init", () => {
    expect(machine.sh(examine)).toBe(found);
    expect(machine.sh(stepIn(printed, "check the set-up"))).toBe(`${found.split("\n")[0]}\n`);
  });

  test("lets in what mayfly init mints, and nobody else", () => {
    const { password } = mintedBy(machine.sh(stepIn(printed, "test a login")));
    expect(machine.logIn({ user: "alice", host, password })).toBe("success");
    expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
  });
});
