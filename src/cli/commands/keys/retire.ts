import type { Command } from "commander";
import { KeyFile } from "../../../config/index.ts";
import { configFile } from "../../arguments.ts";
import { printLines } from "../../output.ts";
import { warnAboutMinting } from "../../warn.ts";

/** `mayfly keys retire 2026-10` */
export function keysRetire(group: Command): void {
  group
    .command("retire")
    .description("Stop minting with a key; it still verifies.")
    .argument("<id>", "id of the key")
    .addHelpText("after", "\nExample: mayfly keys retire 2026-10")
    .action((id: string, _options: object, command: Command) => {
      const file = new KeyFile(configFile(command));
      const { state = "mint" } = file.entry(id);
      if (state !== "mint") {
        // A key that is off stays off: retiring it must not make it verify again.
        printLines(`key ${id} is in state ${state} already: nothing to do`);
        return;
      }
      file.setState(id, "verify");
      printLines(
        `key ${id} now only verifies; restart the programs that mint`,
        `once the last credential it signed has expired: mayfly keys remove ${id}`,
      );
      warnAboutMinting(file.entries.filter((entry) => entry.id !== id));
    });
}
