import { existsSync } from "node:fs";
import type { Command } from "commander";
import { fileOf, type KeyEntry, KeyFile } from "../../../config/index.ts";
import { configFile } from "../../arguments.ts";
import { printLines } from "../../output.ts";
import { warnAboutMinting } from "../../warn.ts";

/** `mayfly keys remove 2026-10` */
export function keysRemove(group: Command): void {
  group
    .command("remove")
    .description("Remove a key: credentials that it signed are refused from then on.")
    .argument("<id>", "id of the key")
    .addHelpText("after", "\nExample: mayfly keys remove 2026-10")
    .action((id: string, _options: object, command: Command) => {
      const file = new KeyFile(configFile(command));
      const removed = file.entry(id);
      const others = file.entries.filter((entry) => entry !== removed);
      file.remove(id);
      printLines(
        `removed key ${id} from ${file.path}; mayfly extauth and mayfly serve reload by themselves`,
        rest(file, removed, others),
      );
      warnAboutMinting(others);
    });
}

/** Where the removed key's secret still is, for the user to delete. */
function rest(file: KeyFile, removed: KeyEntry, others: readonly KeyEntry[]): string {
  const { secret } = removed;
  if (secret.startsWith("env:")) return `its secret is still in $${secret.slice(4)}`;
  const name = fileOf(removed);
  if (name === undefined) return "its secret was inline, and is removed with it";
  const path = file.beside(name);
  const user = others.find((other) => other.secret === secret);
  if (user) return `key ${user.id} uses the same secret: keep ${path}`;
  const paths = new Set([path, path.replace(/\.key$/, ".pub.pem")]);
  const left = [...paths].filter((it) => existsSync(it));
  if (left.length === 0) return `its secret was in ${path}, which does not exist`;
  return `its secret is left for you to delete: ${left.join(" ")}`;
}
