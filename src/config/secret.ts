import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Resolves `file:PATH` (from the configuration's folder), `env:NAME` or the secret itself. The one
 * newline that an editor leaves at the end of a file does not belong to the secret.
 *
 * @throws Error that completes the sentence "`keys[0].secret` …".
 */
export function resolveSecret(
  reference: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): string | Uint8Array {
  if (reference.startsWith("file:")) return readSecret(resolve(folder, reference.slice(5)));
  if (!reference.startsWith("env:")) return reference;
  const name = reference.slice(4);
  const value = env[name];
  if (!value) throw new Error(`names the environment variable ${name}, which is not set`);
  return value;
}

function readSecret(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(
      `names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const secret = bytes.subarray(0, end);
  if (secret.length === 0) throw new Error(`names ${path}, which is empty`);
  return secret;
}
