import { Problem } from "../../problem.ts";

/** Longest address to return to: it is kept in a cookie. */
const maxLength = 2048;

/**
 * Resolves where a user returns to after signing in: a path on the public URL's own host, such as `/chat`.
 *
 * @param asked - the path; the default is the public URL itself
 * @throws {@link Problem} for anything that leads to another host, or back to signing in or out
 */
export function resolveReturn(asked: string | undefined, base: string): string {
  if (asked === undefined || asked === "") return base;
  const problem = new Problem("request", "return must be a path of this host, such as /chat");
  if (asked.length > maxLength || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(asked)) throw problem;
  const { origin, href, pathname } = new URL(asked, base);
  const inside = pathname.slice(new URL(base).pathname.replace(/\/$/, "").length);
  if (origin !== new URL(base).origin || /^\/sign-(in|out)(\/|$)/.test(inside)) throw problem;
  return href;
}
