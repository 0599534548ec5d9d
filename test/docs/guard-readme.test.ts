import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { followEjabberd, host, restartEjabberd } from "../support/followed.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { mintedBy } from "../support/minted.ts";
import { describeAsRoot } from "../support/needs.ts";

const page = openPage("ejabberd/mod_mayfly_guard/README.md");
const byHand = page.take("sh", "erlc");
const byInstaller = page.take("sh", "module_install");
const lines = page.take("yaml", "mod_mayfly_guard");
const settings = "/etc/ejabberd/ejabberd.yml";

describeAsRoot("ejabberd")("the guard is installed", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine([host]);
    await followEjabberd(machine, openPage("docs/ejabberd.md"));
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

  test("by nothing else that the page has", () => {
    expect(page.left()).toEqual([]);
  });
});
