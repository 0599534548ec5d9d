import type { Command } from "commander";
import { KeyFile } from "../config/index.ts";
import { warnAboutMinting } from "./keys-warn.ts";
import { configFile } from "./usage.ts";

/** `mayfly keys retire 2026-10` */
export function keysRetire(group: Command): void {
  group
    .command("retire")
    .description("let a key verify, but mint no more")
    .argument("<id>", "the id of the key")
    .addHelpText("after", "\nExample: mayfly keys retire 2026-10")
    .action((id: string, _options: object, command: Command) => {
      const file = new KeyFile(configFile(command));
      const { state = "mint" } = file.entry(id);
      if (state !== "mint") {
        // One that is off stays so: to retire it must never let it verify again.
        process.stdout.write(`key ${id} is in state ${state} already: nothing to do\n`);
        return;
      }
      file.setState(id, "verify");
      process.stdout.write(
        `key ${id} now verifies only; restart what mints\n` +
          `when the last credential that it signed has expired: mayfly keys remove ${id}\n`,
      );
      warnAboutMinting(file.entries.filter((entry) => entry.id !== id));
    });
}
