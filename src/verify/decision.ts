/** Why a credential is refused. */
export type Reason =
  | "malformed"
  | "unknown-key"
  | "bad-signature"
  | "expired"
  | "too-long-lived"
  | "wrong-user"
  | "wrong-host";

/** A credential that is good. */
export interface Accepted {
  ok: true;
  /** The localpart it is good for. */
  user: string;
  host: string;
  /** When it ends, in Unix seconds. */
  expiresAt: number;
  /** The id of the key that signed it. */
  key: string;
  format: "mojoauth";
}

/** A credential that is not. */
export interface Refused {
  ok: false;
  reason: Reason;
}

/** The outcome of a verification. */
export type Decision = Accepted | Refused;
