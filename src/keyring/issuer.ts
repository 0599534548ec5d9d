import type { PublicAlgorithm } from "../credential/index.ts";
import type { KeySet } from "./key-set.ts";

/** Somebody else who mints JWTs that log in here. */
export interface Issuer {
  /** The `iss` of its tokens, to the letter. */
  issuer: string;
  keys: KeySet;
  /** The algorithms that its tokens may be signed with. */
  algorithms: readonly PublicAlgorithm[];
  /** The `aud` that its tokens must have. */
  audience: string;
  /** The claim that holds the localpart or the bare JID. @defaultValue `sub` */
  user?: string;
  /** The hosts that its tokens open. @defaultValue the audience alone */
  hosts?: readonly string[];
}
