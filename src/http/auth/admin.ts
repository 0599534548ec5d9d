import type { MiddlewareHandler } from "hono";
import { Problem } from "../problem.ts";
import { RateLimiter } from "../rate-limiter.ts";
import { limitAddress } from "./caller.ts";
import { authorization, matchesAny, type Secret } from "./secrets.ts";

/** Authentication of operators, who revoke and look at sessions over HTTP. */
export interface AdminOptions {
  /** Keys of operators; without any, all are refused. */
  adminKeys?: readonly Secret[];
  /** Limits each address with refused requests. @defaultValue 60 requests per minute */
  limiter?: RateLimiter;
}

/** Middleware that requires an admin key in `Authorization`. An API key or the backend secret is none. */
export function requireAdminKey({
  adminKeys = [],
  limiter = new RateLimiter(60),
}: AdminOptions): MiddlewareHandler {
  return async (c, next) => {
    const given = authorization(c);
    if (given?.scheme === "bearer" && matchesAny(given.secret, adminKeys)) return next();
    limitAddress(c, limiter);
    throw new Problem("unauthorized", "send an admin key in Authorization: Bearer", {
      "www-authenticate": "Bearer",
    });
  };
}
