import { readFileSync } from "node:fs";
import type { Hash } from "../../../src/credential/index.ts";

/** What is decided on a login. */
export type VectorDecision =
  | { ok: true; user: string; expires: number; key: string }
  | { ok: false; reason: string };

/** A login, and what must be decided on it. Times are in Unix seconds, durations in seconds. */
export interface VectorCase {
  name: string;
  /** The ids of the keys that are tried, in their order. */
  keys: readonly string[];
  host: string;
  now: number;
  maxTtl: number;
  leeway: number;
  hostBound: boolean;
  /** Absent for whoever the credential names. */
  user?: string;
  password: Buffer;
  decision: VectorDecision;
}

interface File {
  keys: Record<string, { algorithm: Hash; secret: string }>;
  defaults: CaseDefaults;
  cases: (Partial<CaseDefaults> & CaseInput)[];
  files: { name: string; file: string; secret: string | null }[];
}

interface CaseDefaults {
  keys: string[];
  host: string;
  now: number;
  max_ttl: number;
  leeway: number;
  host_bound: boolean;
}

interface CaseInput {
  name: string;
  user?: string;
  password?: string;
  password_hex?: string;
  decision: VectorDecision;
}

const file: File = JSON.parse(
  readFileSync(new URL("../../vectors/mojoauth.json", import.meta.url), "utf8"),
);

/** The keys of test/vectors/mojoauth.json, by their ids. */
export const vectorKeys: File["keys"] = file.keys;

/** Its decisions, complete with what holds by default. */
export const vectorCases: VectorCase[] = file.cases.map((input) => {
  const { max_ttl, host_bound, password, password_hex, ...rest } = { ...file.defaults, ...input };
  return {
    ...rest,
    maxTtl: max_ttl,
    hostBound: host_bound,
    password:
      password_hex === undefined ? Buffer.from(password ?? "") : Buffer.from(password_hex, "hex"),
  };
});

/** What a key's file holds, and the secret that is read from it; `null` where it holds none. */
export const vectorFiles: File["files"] = file.files;
