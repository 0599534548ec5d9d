import type { Context } from "hono";

/**
 * The secret in `Authorization`: a bearer token, or the password of Basic authentication, which is
 * all that some servers can send.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7617#section-2}
 */
export function authorization(
  c: Context,
): { scheme: "bearer" | "basic"; secret: string } | undefined {
  const match = /^(bearer|basic) +(.+)$/i.exec(c.req.header("authorization") ?? "");
  if (!match?.[1] || !match[2]) return undefined;
  if (match[1].toLowerCase() === "bearer") return { scheme: "bearer", secret: match[2] };
  const pair = Buffer.from(match[2], "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 ? undefined : { scheme: "basic", secret: pair.slice(colon + 1) };
}
