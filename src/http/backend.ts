import type { MiddlewareHandler } from "hono";
import { authorization } from "./authorization.ts";
import { Problem } from "./problem.ts";
import { isAmong, type Secret } from "./secret.ts";

/** Who may have logins decided. */
export interface BackendOptions {
  /** What an XMPP server shows, as a bearer token or as the password of Basic; without it nobody may. */
  backendSecret?: Secret;
}

/**
 * Lets XMPP servers through, and whoever else has their secret.
 *
 * @param challenge - how to ask for it
 */
export function backend(
  { backendSecret }: BackendOptions,
  challenge = "Bearer",
): MiddlewareHandler {
  const expected = backendSecret === undefined ? [] : [backendSecret];
  return async (c, next) => {
    const { secret = "" } = authorization(c) ?? {};
    if (isAmong(secret, expected)) return next();
    throw new Problem("unauthorized", "show the backend secret, as XMPP servers do", {
      "www-authenticate": challenge,
    });
  };
}
