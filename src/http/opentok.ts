import { type Minting, type MintRequest, mint } from "../mint/index.ts";

/**
 * The header that OpenTok's REST API wants, with a fresh token: one lives for 300 s at most, so make
 * one for each call.
 *
 * @param request - `jid` says only which host's policy holds; `issuer` is the API key, where the key
 * to mint with does not name it
 * @example
 * ```ts
 * const headers = await opentokHeaders({ jid: "app@example.com", issuer: 12345 }, { keyring });
 * await fetch("https://api.opentok.com/session/create", { method: "POST", headers });
 * ```
 */
export async function opentokHeaders(
  request: Pick<MintRequest, "jid" | "issuer" | "key" | "ttl">,
  minting: Minting,
): Promise<{ "X-OPENTOK-AUTH": string }> {
  const { password } = await mint({ ...request, profile: "opentok" }, minting);
  return { "X-OPENTOK-AUTH": password };
}
