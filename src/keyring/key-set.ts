import {
  type CompactJWSHeaderParameters,
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from "jose";
import type { JwsHeader } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { KeySet } from "./issuer.ts";
import { assertSecureUrl, type LimitedFetch, limitFetch } from "./limited-fetch.ts";

/** How a remote key set is cached. Times are in seconds. */
export interface JwksOptions {
  /** How long a fetched key set is used without asking again. @defaultValue 600 */
  maxAge?: number;
  /** How much longer it is used while the URL cannot be reached. @defaultValue 3600 */
  maxStale?: number;
  /** The pause after a failed fetch, or after a `kid` that was not found. @defaultValue 30 */
  cooldown?: number;
  /** The time limit of a fetch. @defaultValue 5 */
  timeout?: number;
  /** @defaultValue the global `fetch` */
  fetch?: FetchImplementation;
}

/**
 * The keys of a JWK set (RFC 7517 section 5) that is given.
 *
 * @throws {@link MayflyError} `ERR_KEY` where it holds anything but public keys.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7517#section-5}
 */
export function localJwks(set: unknown): KeySet {
  const { keys } = (set ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isPublicJwk)) {
    throw new MayflyError("ERR_KEY", "is not a JWK set of public keys alone");
  }
  const getKey = createLocalJWKSet(set as JSONWebKeySet);
  return { getKeys: (header) => find(getKey, header) };
}

/**
 * The keys of a JWK set at a URL. They are fetched when first needed, in a single flight; again when
 * they are older than `maxAge` or lack a `kid`; and not within `cooldown` of a failure. While the URL
 * cannot be reached, keys are used for `maxStale` longer. A redirect, and an answer of more than 256 KB,
 * count as failures.
 *
 * @throws {@link MayflyError} `ERR_KEY` for a URL without TLS that is not on loopback.
 */
export function remoteJwks(url: URL, options: JwksOptions = {}): KeySet {
  const { maxAge = 600, maxStale = 3600, cooldown = 30, timeout = 5, fetch } = options;
  assertSecureUrl(url);
  const cache: JWKSCacheInput = {};
  const getKey = createRemoteJWKSet(url, {
    cacheMaxAge: maxAge * 1000,
    cooldownDuration: cooldown * 1000,
    timeoutDuration: timeout * 1000,
    [jwksCache]: cache,
    [customFetch]: limitFetch({ timeoutMs: timeout * 1000, fetch: fetch as LimitedFetch }),
  });
  let failedAt = Number.NEGATIVE_INFINITY;

  return {
    async getKeys(header) {
      if (Date.now() - failedAt < cooldown * 1000) return stale(header);
      try {
        return await find(getKey, header);
      } catch (error) {
        failedAt = Date.now();
        return stale(header, error);
      }
    },
  };

  function stale(header: JwsHeader, cause?: unknown): Promise<readonly CryptoKey[]> {
    const { jwks, uat = 0 } = cache as { jwks?: JSONWebKeySet; uat?: number };
    if (!jwks || Date.now() - uat > (maxAge + maxStale) * 1000) {
      throw new MayflyError("ERR_KEY", `the keys at ${url} are out of reach`, { cause });
    }
    return find(createLocalJWKSet(jwks), header);
  }
}

async function find(getKey: JWTVerifyGetKey, header: JwsHeader): Promise<readonly CryptoKey[]> {
  try {
    return [
      (await getKey(header as CompactJWSHeaderParameters, {
        payload: "",
        signature: "",
      })) as CryptoKey,
    ];
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return [];
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // Two keys with one `kid`: it is not known which is meant.
    if (header.kid !== undefined) return [];
    const keys: CryptoKey[] = [];
    for await (const key of error) keys.push(key);
    return keys;
  }
}

function isPublicJwk(jwk: unknown): boolean {
  if (typeof jwk !== "object" || jwk === null) return false;
  const { kty } = jwk as { kty?: unknown };
  return kty !== "oct" && typeof kty === "string" && !("d" in jwk);
}
