import { maxTokenBytes, type ParsedJwt, parseJws } from "./jws.ts";
import { parseInlinePassword, parseMacToken, parseUsername } from "./mojoauth.ts";
import { findSlips } from "./slips.ts";

/**
 * How a mojoauth credential was presented: `<expiry>:<mac>` as the password, the username beside the
 * MAC, or both in one token.
 */
export type MojoauthForm = "inline" | "username" | "token";

/** A parsed credential. Nothing of it is verified: anyone can write one. */
export type ParsedCredential =
  | {
      format: "mojoauth";
      presentation: MojoauthForm;
      /** When it expires, in Unix seconds. */
      expires: number;
      /** The id in the username, a bare JID by default; inline there is none. */
      id?: string;
      /** The username that the MAC is over; absent inline, where the verifier rebuilds it. */
      signed?: string;
      /** In padded standard base64. */
      mac: string;
    }
  | ({ format: "jwt" } & ParsedJwt);

/**
 * Parses a credential of any format, without verifying it: what `mayfly explain` shows. No secret is
 * needed, as for jose's `decodeJwt`, and nothing that it returns may be trusted.
 *
 * @param password - the password or token; with a `username` the MAC alone
 * @param username - the `<expiry>:<id>` presented beside the password, where one was
 * @returns `undefined` when it is no credential
 *
 * @example
 * ```ts
 * import { parseCredential } from "mayfly";
 *
 * const credential = parseCredential(password);
 * const expires = credential?.format === "jwt" ? credential.claims?.exp : credential?.expires;
 * ```
 */
export function parseCredential(password: string, username?: string): ParsedCredential | undefined {
  const format = "mojoauth";
  if (username !== undefined) {
    const parsed = parseUsername(username);
    if (!parsed || password === "") return undefined;
    return { format, presentation: "username", ...parsed, signed: username, mac: password };
  }
  const inline = parseInlinePassword(password);
  if (inline) return inline;
  const token = parseMacToken(password);
  const named = token && parseUsername(token.signed);
  if (token && named?.id !== undefined) {
    const { expires, id } = named;
    return { format, presentation: "token", expires, id, signed: token.signed, mac: token.mac };
  }
  const jwt = parseJws(password);
  return jwt && { format: "jwt", ...jwt };
}

/** Explains to people why {@link parseCredential} does not take a text, as a sentence. */
export function explainMalformed(password: string, username?: string): string {
  if (password === "") return "it is empty";
  if (password.trim() !== password) return "it has white space around it";
  const slips = findSlips({ password, username });
  if (slips.length > 0) return slips.join("; ");
  if (username !== undefined)
    return "its username does not begin with an expiry: <expiry>:<id> is meant";
  if (/^\d+:/.test(password)) return "there is no MAC in padded base64 behind its last colon";
  if (password.length > maxTokenBytes) return `it is longer than ${maxTokenBytes} bytes`;
  const parts = password.split(".").length;
  if (parts === 5) return "it is an encrypted token (JWE); a signed one (JWS) is meant";
  if (parts !== 3) return "it is neither <expiry>:<mac>, nor <expiry>:<id>:<mac>, nor a JWT";
  if (/[^\w.-]|=/.test(password)) return "its parts are not in base64url without padding";
  return "its header is not one that we take, its parts have an odd spelling, or a name stands twice";
}
