import type { KeyObject } from "node:crypto";
import type { CryptoKey } from "jose";
import type { JwsHeader } from "../credential/index.ts";

/** The public keys of an issuer. */
export interface KeySet {
  /**
   * The keys that can have signed a token with this header: the one with its `kid`, or all of the
   * algorithm where it names none.
   *
   * @throws where the keys are out of reach.
   */
  find(header: JwsHeader): Promise<readonly (CryptoKey | KeyObject)[]>;
}
