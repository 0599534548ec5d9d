import type { Format, Reason } from "../credential/index.ts";

/** A credential that is good. */
export interface Accepted {
  ok: true;
  /** The localpart it is good for. */
  user: string;
  host: string;
  /** When it ends, in Unix seconds. */
  expiresAt: number;
  /** The id of the key that signed it; of an issuer's key its `kid`, or else the issuer. */
  key: string;
  format: Format;
}

/** A credential that is not. */
export interface Refused {
  ok: false;
  reason: Reason;
}

/** The outcome of a verification. */
export type Decision = Accepted | Refused;

/** A credential that is good unless something is known against it. */
export interface Proof {
  decision: Accepted;
  /** When it was minted at the earliest, in Unix seconds. */
  issuedAt: number;
}

/** A refusal. */
export function refused(reason: Reason): Refused {
  return { ok: false, reason };
}
