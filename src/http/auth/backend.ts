import type { MiddlewareHandler } from "hono";
import { Problem } from "../problem.ts";
import { authorization, matchesAny, type Secret } from "./secrets.ts";

/** Authentication of XMPP servers, which verify logins over HTTP. */
export interface BackendOptions {
  /** Secret that an XMPP server sends as bearer token or as Basic password; without it all are refused. */
  backendSecret?: Secret;
}

/**
 * Middleware that requires the backend secret, which XMPP servers have.
 *
 * @param challenge - value of `WWW-Authenticate`
 */
export function requireBackendSecret(
  { backendSecret }: BackendOptions,
  challenge = "Bearer",
): MiddlewareHandler {
  const expected = backendSecret === undefined ? [] : [backendSecret];
  return async (c, next) => {
    const { secret = "" } = authorization(c) ?? {};
    if (matchesAny(secret, expected)) return next();
    throw new Problem("unauthorized", "send the backend secret, as XMPP servers do", {
      "www-authenticate": challenge,
    });
  };
}
