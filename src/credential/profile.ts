import type { Json } from "./compact.ts";
import type { BareJid } from "./jid.ts";
import type { Reason } from "./reason.ts";

/** What the claims of a token are made from. Times are in Unix seconds. */
export interface Grant {
  jid: BareJid;
  issuedAt: number;
  expires: number;
  /** A name for this very token. */
  tokenId: string;
  issuer?: string | number;
  audience?: string;
  subject?: string;
  room?: string;
}

/** What a token's claims must say. */
export interface Expectation {
  user: string;
  host: string;
  issuer?: string | number;
  audience?: string;
}

/** Which claims a JWT has, and what they must say. */
export interface Profile {
  /** The longest life that the profile allows, in seconds. */
  maxTtl: number;
  /** What is missing to mint such a token, as a sentence's end. */
  lacks(grant: Grant): string | undefined;
  claims(grant: Grant): Json;
  judge(claims: Json, expected: Expectation): Reason | undefined;
}

/** Whether `iss` is who it must be; nobody must it be where no issuer is configured. */
export function judgeIssuer({ iss }: Json, { issuer }: Expectation): Reason | undefined {
  return issuer === undefined || String(iss) === String(issuer) ? undefined : "wrong-issuer";
}

/** Whether a value is text with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
