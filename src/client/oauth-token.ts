import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";

/** What an authorization server answers (RFC 6749 section 5.1). */
export interface TokenAnswer {
  access_token?: string | null;
  expires_in?: number | string | null;
  error?: string | null;
}

/**
 * The credential by which a token logs in: by X-OAUTH2, for the rest of its life.
 *
 * @throws {@link MayflyError} `ERR_MINT` where there is no token.
 */
export function credentialOf(
  { access_token: password, expires_in, error }: TokenAnswer,
  jid: string,
): MintedCredential {
  if (!password) throw new MayflyError("ERR_MINT", `no token: ${error}`);
  const ttl = Number(expires_in);
  const expires = Math.floor(Date.now() / 1000) + ttl;
  const username = jid.replace(/@.*/, "");
  return { jid, username, password, mechanism: "X-OAUTH2", ttl, expires };
}
