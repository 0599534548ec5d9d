import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { openPage } from "../support/docs/markdown.ts";
import { followEjabberd, host, restartEjabberd } from "../support/machine/guide-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("ejabberd/mod_mayfly_guard/README.md");
const byHand = page.take("by-hand");
const byInstaller = page.take("by-installer");
const lines = page.take("lines");
const settings = "/etc/ejabberd/ejabberd.yml";

describeAsRoot("ejabberd")("the guard is installed", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine([host]);
    await followEjabberd(machine, openPage("docs/ejabberd.md"));
    const file = parseDocument(machine.read(settings));
    file.deleteIn(["modules", "mod_mayfly"]); // which has the guard in it
    machine.write(settings, String(file));
    machine.sh(`rm -r ${modules}`);
  });
  afterAll(() => machine?.stop());

  const modules = "/var/lib/ejabberd/.ejabberd-modules";
  const installed = () => machine.sh(`ls ${modules}/mod_mayfly_guard/ebin`);

  /** Names the module as the page does; ejabberd does not start with one that it does not find. */
  async function logsInPastIt(): Promise<string> {
    const before = machine.read(settings);
    const file = parseDocument(before);
    file.setIn(["modules", "mod_mayfly_guard"], parse(lines).modules.mod_mayfly_guard);
    machine.write(settings, String(file));
    await restartEjabberd(machine);
    machine.write(settings, before);
    const { password } = mintedBy(machine.sh(`mayfly mint alice@${host} --ttl 10m`));
    return machine.logIn({ user: "alice", host, password });
  }

  test("by hand, beside Debian's package", async () => {
    machine.sh(`cd /usr/lib/node_modules/mayfly/ejabberd\n${byHand}`);
    expect(installed()).toBe("mod_mayfly_guard.beam\n");
    expect(await logsInPastIt()).toBe("success");
  });

  test("by ejabberd's own installer", async () => {
    machine.sh(`rm -r ${modules}`);
    await restartEjabberd(machine);
    machine.sh(`cd /usr/lib/node_modules/mayfly/ejabberd\n${byInstaller}`);
    expect(installed()).toBe("mod_mayfly_guard.beam\n");
    expect(await logsInPastIt()).toBe("success");
  });
});
