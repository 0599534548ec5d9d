import { readFileSync, statSync } from "node:fs";
import type { Command } from "commander";
import { fileOf, type KeyEntry, KeyFile } from "../config/index.ts";
import { Keyring } from "../keyring/index.ts";
import { warn, warnAboutMinting } from "./keys-warn.ts";
import { configFile } from "./usage.ts";

/** `mayfly keys list` */
export function keysList(group: Command): void {
  group
    .command("list")
    .description("show the keys, never their secrets")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample: mayfly keys list")
    .action(({ json }: { json?: true }, command: Command) => {
      const file = new KeyFile(configFile(command));
      const rows = file.entries.map(describe);
      process.stdout.write(`${json ? JSON.stringify(rows) : table(rows)}\n`);
      for (const entry of file.entries) warnAboutSecret(file, entry);
      warnAboutMinting(file.entries);
    });
}

type Row = ReturnType<typeof describe>;

function describe({ id, state = "mint", algorithm = "sha1", hosts, services, secret }: KeyEntry) {
  const optional = { ...(hosts && { hosts }), ...(services && { services }) };
  return { id, state, algorithm, ...optional, secret: isInline(secret) ? "inline" : secret };
}

function isInline(secret: string): boolean {
  return !/^(file|env):/.test(secret);
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ id, state, algorithm, hosts, services, secret }) => [
    ...[id, state, algorithm],
    ...[hosts?.join(",") ?? "all", services?.join(",") ?? "all", secret],
  ]);
  cells.unshift(["id", "state", "algorithm", "hosts", "services", "secret"]);
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0));
  return cells.map((row) => line(row).join("  ").trimEnd()).join("\n");
}

function warnAboutSecret(file: KeyFile, entry: KeyEntry): void {
  try {
    const path = openTo(file, entry);
    if (path) warn(`key ${entry.id}: others can get at its secret: chmod o= ${path}`);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    warn(`key ${entry.id}: its secret ${path} cannot be read (${code})`);
  }
}

/** The secrets that everybody on the machine can get at, and where they are. */
export function openSecrets(file: KeyFile): { id: string; path: string }[] {
  return file.entries.flatMap((entry) => {
    const path = openTo(file, entry);
    return path ? [{ id: entry.id, path }] : [];
  });
}

/** Where a secret is that everybody can get at. */
function openTo(file: KeyFile, entry: KeyEntry): string | undefined {
  if (entry.secret.startsWith("env:")) return undefined;
  const name = fileOf(entry);
  const path = name === undefined ? file.path : file.beside(name);
  if ((statSync(path).mode & 0o007) === 0) return undefined;
  const value = name === undefined ? Buffer.from(entry.secret) : readFileSync(path);
  return isPublicHalf(entry, value) ? undefined : path;
}

/** Whether a secret is none: the public half of a key that verifies. */
function isPublicHalf({ id, algorithm }: KeyEntry, secret: Uint8Array): boolean {
  try {
    const { keys } = new Keyring([
      { id, secret, ...(algorithm && { algorithm }), state: "verify" },
    ]);
    return keys.every(({ signing }) => signing === undefined);
  } catch {
    return false;
  }
}
