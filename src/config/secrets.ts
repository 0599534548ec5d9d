import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Resolves a secret: `file:PATH` (relative to the configuration's folder), `env:NAME` or the secret
 * itself. One newline at the end of a file is removed.
 *
 * @throws Error whose message completes the sentence "`keys[0].secret` …"
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

/** Modification time of a secret file, in Unix milliseconds; `undefined` for other secrets. */
export function writtenAt(reference: string, folder: string): number | undefined {
  if (!reference.startsWith("file:")) return undefined;
  return statSync(resolve(folder, reference.slice(5)), { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * Resolves a JWK set: `file:PATH` to the parsed JSON, a URL to itself.
 *
 * @throws Error whose message completes the sentence "`issuers[0].jwks` …"
 */
export function resolveJwks(reference: string, folder: string): URL | object {
  if (!reference.startsWith("file:")) return new URL(reference);
  const path = resolve(folder, reference.slice(5));
  const text = readFile(path).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`names ${path}, which is not JSON`);
  }
}

/** @throws Error whose message completes the sentence "`issuers[0].introspection.endpoint` …" */
export function resolveUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error("must be a URL");
  return new URL(text);
}

function readSecret(path: string): Uint8Array {
  const bytes = readFile(path);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const secret = bytes.subarray(0, end);
  if (secret.length === 0) throw new Error(`names ${path}, which is empty`);
  return secret;
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`names ${path}, which cannot be read (${code})`);
  }
}
