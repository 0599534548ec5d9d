import { type CompactJwt, parseCompact } from "./compact.ts";
import { parseInlinePassword, parseMacToken, parseUsername } from "./mojoauth.ts";

/** How mojoauth is presented. */
export type Presentation = "inline" | "username" | "token";

/** A credential as it was presented, taken apart, unchecked. */
export type Presented =
  | {
      format: "mojoauth";
      presentation: Presentation;
      /** Unix seconds. */
      expires: number;
      id?: string;
      /** The username under the MAC; inline it is not presented, but rebuilt from who logs in. */
      signed?: string;
      mac: string;
    }
  | ({ format: "jwt" } & CompactJwt);

/**
 * Takes apart what a client presented: a password or token, and the username beside it where one
 * was.
 *
 * @returns `undefined` when it is no credential.
 */
export function takeApart(password: string, username?: string): Presented | undefined {
  const format = "mojoauth";
  if (username !== undefined) {
    const parsed = parseUsername(username);
    if (!parsed || password === "") return undefined;
    return { format, presentation: "username", ...parsed, signed: username, mac: password };
  }
  const inline = parseInlinePassword(password);
  if (inline) {
    return { format, presentation: "inline", expires: inline.expires, mac: inline.mac };
  }
  const token = parseMacToken(password);
  const named = token && parseUsername(token.signed);
  if (named) return { format, presentation: "token", ...named, ...token };
  const jwt = parseCompact(password);
  return jwt && { format: "jwt", ...jwt };
}
