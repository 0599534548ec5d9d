import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../src/keyring/index.ts";
import { mint } from "../src/mint/index.ts";
import { pemPair } from "../test/support/data/jwt.ts";

export const host = "example.org";
export const secret = "the secret of the bench";

/** A key of each kind that is measured. */
export const keys = {
  mojoauth: { id: "mojoauth", secret },
  HS256: { id: "HS256", secret: "a secret of the bench, of 32 bytes and more", algorithm: "HS256" },
  RS256: { id: "RS256", secret: pemPair("RS256").privateKey, algorithm: "RS256" },
  EdDSA: { id: "EdDSA", secret: pemPair("EdDSA").privateKey, algorithm: "EdDSA" },
} satisfies Record<string, KeyInput>;

const users = Array.from({ length: 100 }, (_, index) => `user${index}`);

/** Requests of a hundred users with good credentials of a key. */
export function requestsFor(key: KeyInput, service = "auth"): Promise<string[]> {
  const keyring = new Keyring([key]);
  return Promise.all(
    users.map(async (user) => {
      const { password } = await mint({ jid: `${user}@${host}`, ttl: 86_000 }, { keyring });
      return `${service}:${user}:${host}:${password}`;
    }),
  );
}

/** Commands: our file, our program, our command, and a Node that does nothing. */
export const [single, npm, main, idle] = [
  [fileURLToPath(new URL("../dist/mayfly-extauth.mjs", import.meta.url))],
  [fileURLToPath(new URL("../dist/cli/main.js", import.meta.url)), "extauth"],
  [fileURLToPath(new URL("../dist/cli/main.js", import.meta.url))],
  ["--eval", "setInterval(() => {}, 1e9)"],
].map((words) => [process.execPath, ...words].map(quote).join(" ")) as [
  string,
  string,
  string,
  string,
];

/** Writes a configuration, and gives the option that names it. It logs to a file unless told otherwise. */
export function configure(folder: string, name: string, config: object): string {
  const path = join(folder, `${name}.yml`);
  const log = { level: "info", file: join(folder, `${name}.log`) };
  writeFileSync(path, stringify({ log, ...config }), { mode: 0o600 });
  return ` --config ${quote(path)}`;
}

/** The command of a script in this folder, which has the secret in its environment, and a log to write to. */
export function script(interpreter: string, name: string, log?: string): string {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const logs = log === undefined ? "" : `MAYFLY_LOG=${quote(log)} `;
  return `/usr/bin/env MAYFLY_SECRET=${quote(secret)} ${logs}${interpreter} ${quote(path)}`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
