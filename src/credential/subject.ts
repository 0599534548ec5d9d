import type { Json } from "./jws.ts";
import type { ParsedCredential } from "./parse.ts";

/** The user that a credential names. */
export interface Subject {
  /** What stands before the last `@`; all of it where there is none. */
  localpart: string;
  /** What stands behind the last `@`, where that is anything. */
  host?: string;
}

/** The part of a {@link ParsedCredential} that names its user. */
type Named =
  | { format: "mojoauth"; id?: string | undefined }
  | { format: "jwt"; claims: Json | undefined };

/**
 * The user that a credential names, unchecked: by the id of a mojoauth username, or the `sub` of a
 * JWT of ours (RFC 7519 section 4.1.2). An issuer's JWT may name its user by another claim.
 *
 * @returns `undefined` where it names no user, as an inline password does
 */
export function subjectOf(credential: Named): Subject | undefined {
  const id = credential.format === "jwt" ? credential.claims?.sub : credential.id;
  if (typeof id !== "string" || id === "") return undefined;
  const at = id.lastIndexOf("@");
  if (at === -1) return { localpart: id };
  const host = id.slice(at + 1);
  const localpart = id.slice(0, at);
  return host === "" ? { localpart } : { localpart, host };
}
