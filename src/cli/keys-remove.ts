import { existsSync } from "node:fs";
import type { Command } from "commander";
import { fileOf, type KeyEntry, KeyFile } from "../config/index.ts";
import { warnAboutMinting } from "./keys-warn.ts";
import { configFile } from "./usage.ts";

/** `mayfly keys remove 2026-10` */
export function keysRemove(group: Command): void {
  group
    .command("remove")
    .description("take a key out: what it signed is refused from then on")
    .argument("<id>", "the id of the key")
    .addHelpText("after", "\nExample: mayfly keys remove 2026-10")
    .action((id: string, _options: object, command: Command) => {
      const file = new KeyFile(configFile(command));
      const removed = file.entry(id);
      const others = file.entries.filter((entry) => entry !== removed);
      file.remove(id);
      process.stdout.write(
        `removed key ${id} from ${file.path}; mayfly extauth and serve follow by themselves\n` +
          `${rest(file, removed, others)}\n`,
      );
      warnAboutMinting(others);
    });
}

/** What is left of the key, for the person to delete. */
function rest(file: KeyFile, removed: KeyEntry, others: readonly KeyEntry[]): string {
  const { secret } = removed;
  if (secret.startsWith("env:")) return `its secret is still in $${secret.slice(4)}`;
  const name = fileOf(removed);
  if (name === undefined) return "its secret stood there, and is gone with it";
  const path = file.beside(name);
  const user = others.find((other) => other.secret === secret);
  if (user) return `its secret is that of key ${user.id} too: keep ${path}`;
  const paths = new Set([path, path.replace(/\.key$/, ".pub.pem")]);
  const left = [...paths].filter((it) => existsSync(it));
  if (left.length === 0) return `its secret should be in ${path}, which is not there`;
  return `its secret is still there, for you to delete: ${left.join(" ")}`;
}
