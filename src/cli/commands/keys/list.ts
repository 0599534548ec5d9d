import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { fileOf, type KeyEntry, KeyFile, resolveSecret } from "../../../config/index.ts";
import { findWeaknesses, Keyring } from "../../../keyring/index.ts";
import { configFile } from "../../arguments.ts";
import { printLines } from "../../output.ts";
import { warn, warnAboutMinting, warnAboutWritable } from "../../warn.ts";

/** `mayfly keys list` */
export function keysList(group: Command): void {
  group
    .command("list")
    .description("List the keys, without their secrets.")
    .option("--json", "print the keys as JSON")
    .addHelpText("after", "\nExample: mayfly keys list")
    .action(({ json }: { json?: true }, command: Command) => {
      const file = new KeyFile(configFile(command));
      const rows = file.entries.map(describe);
      printLines(...(json ? [JSON.stringify(rows)] : table(rows)));
      for (const entry of file.entries) {
        warnAboutSecret(file, entry);
        warnAboutWeakness(file, entry);
      }
      warnAboutWritable(file.path);
      warnAboutMinting(file.entries);
    });
}

type Row = ReturnType<typeof describe>;

function describe({
  id,
  state = "mint",
  algorithm = "sha1",
  hosts,
  services,
  profiles,
  secret,
}: KeyEntry) {
  const optional = {
    ...(hosts && { hosts }),
    ...(services && { services }),
    ...(profiles && { profiles }),
  };
  return { id, state, algorithm, ...optional, secret: isInline(secret) ? "inline" : secret };
}

function isInline(secret: string): boolean {
  return !/^(file|env):/.test(secret);
}

function table(rows: readonly Row[]): string[] {
  const cells = rows.map(({ id, state, algorithm, hosts, services, secret }) => [
    ...[id, state, algorithm],
    ...[hosts?.join(",") ?? "all", services?.join(",") ?? "all", secret],
  ]);
  cells.unshift(["id", "state", "algorithm", "hosts", "services", "secret"]);
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0));
  return cells.map((row) => line(row).join("  ").trimEnd());
}

function warnAboutSecret(file: KeyFile, entry: KeyEntry): void {
  try {
    const path = openTo(file, entry);
    if (path) warn(`key ${entry.id}: other users can access its secret: chmod o= ${path}`);
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    warn(`key ${entry.id}: its secret ${path} cannot be read (${code})`);
  }
}

/** Warns if a key is weak. Skips keys whose secret cannot be read here: it may be for another program. */
function warnAboutWeakness(file: KeyFile, entry: KeyEntry): void {
  try {
    const secret = resolveSecret(entry.secret, dirname(file.path), process.env);
    const { keys } = new Keyring([{ ...entry, secret, allowShort: true }]);
    for (const { what, fix } of findWeaknesses(keys)) warn(`${what}: ${fix}`);
  } catch {
    // The program that needs the secret reports what is wrong with it.
  }
}

/** Secrets that every user of this machine can access, with the ids of their keys. */
export function openSecrets(file: KeyFile): { id: string; path: string }[] {
  return file.entries.flatMap((entry) => {
    const path = openTo(file, entry);
    return path ? [{ id: entry.id, path }] : [];
  });
}

/** Path of a key's secret if every user of this machine can access it. */
function openTo(file: KeyFile, entry: KeyEntry): string | undefined {
  if (entry.secret.startsWith("env:")) return undefined;
  const name = fileOf(entry);
  const path = name === undefined ? file.path : file.beside(name);
  if ((statSync(path).mode & 0o007) === 0) return undefined;
  const value = name === undefined ? Buffer.from(entry.secret) : readFileSync(path);
  return isPublicHalf(entry, value) ? undefined : path;
}

/** Whether a key's secret is not secret: the public key of one that only verifies. */
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
