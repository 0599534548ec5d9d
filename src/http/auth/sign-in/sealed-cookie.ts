import { hkdfSync } from "node:crypto";
import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import * as v from "valibot";
import type { Json } from "../../../credential/index.ts";
import { currentTime } from "../../../time.ts";
import type { Secret } from "../secrets.ts";

/** How a cookie is sealed. */
export interface SealOptions<T extends v.GenericSchema> {
  /** Name of the cookie, without `__Host-`. */
  name: string;
  /** What the cookie holds. */
  content: T;
  secret: Secret;
  /** Whom the cookie is for: another one with the same secret is refused. */
  audience: string;
}

/** A cookie that only its server can make: a JWT with HMAC, which the browser can read but not change. */
export interface SealedCookie<T> {
  /** Reads the cookie of a request; `undefined` where it is missing, expired or not one of ours. */
  read(c: Context): Promise<T | undefined>;
  /** The `Set-Cookie` with a content, good until `expires`, in Unix seconds. */
  seal(content: T, expires: number): Promise<string>;
  /** The `Set-Cookie` that removes it from the browser. */
  readonly removal: string;
}

const algorithm = "HS256";

/** Attributes of each cookie; with the prefix `__Host-`, browsers take it over TLS and for this host alone. */
const attributes = {
  path: "/",
  secure: true,
  httpOnly: true,
  sameSite: "Lax",
  prefix: "host",
} as const;

/**
 * Creates a sealed cookie. The key is derived from the secret (RFC 5869), and is another one for each
 * cookie: none is good in the place of another.
 */
export function createSealedCookie<T extends v.GenericSchema<Json, Json>>({
  name,
  content: schema,
  secret,
  audience,
}: SealOptions<T>): SealedCookie<v.InferOutput<T>> {
  const key = new Uint8Array(hkdfSync("sha256", secret, "", `mayfly cookie ${name}`, 32));
  return {
    async read(c) {
      const token = getCookie(c, name, "host");
      if (token === undefined) return undefined;
      const { jwtVerify } = await import("./jwt.ts");
      try {
        const options = { algorithms: [algorithm], audience, requiredClaims: ["exp"] };
        const { payload } = await jwtVerify(token, key, options);
        const parsed = v.safeParse(schema, payload);
        return parsed.success ? parsed.output : undefined;
      } catch {
        return undefined;
      }
    },
    async seal(content, expires) {
      const { SignJWT } = await import("./jwt.ts");
      const token = await new SignJWT(content)
        .setProtectedHeader({ alg: algorithm })
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(key);
      const maxAge = Math.max(1, expires - currentTime());
      return generateCookie(name, token, { ...attributes, maxAge });
    },
    removal: generateCookie(name, "", { ...attributes, maxAge: 0 }),
  };
}
