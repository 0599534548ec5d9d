import { type MintOptions, type MintRequest, mint } from "../mint/index.ts";

/**
 * Mints the `X-OPENTOK-AUTH` header for OpenTok's REST API. Its token lives for at most 300 s, so create a
 * header for each request.
 *
 * @param request - `jid` only selects the host's policy; `issuer` is the API key, unless the key to mint
 * with names it
 * @example
 * ```ts
 * const headers = await opentokHeaders({ jid: "app@example.com", issuer: 12345 }, { keyring });
 * await fetch("https://api.opentok.com/session/create", { method: "POST", headers });
 * ```
 */
export async function opentokHeaders(
  request: Pick<MintRequest, "jid" | "issuer" | "key" | "ttl">,
  minting: MintOptions,
): Promise<{ "X-OPENTOK-AUTH": string }> {
  const { password } = await mint({ ...request, profile: "opentok" }, minting);
  return { "X-OPENTOK-AUTH": password };
}
