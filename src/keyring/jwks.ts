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
import type { KeySet } from "./key-set.ts";

/** How a key set is kept fresh. Times are in seconds. */
export interface JwksOptions {
  /** How long a key set is taken as current. @defaultValue 600 */
  maxAge?: number;
  /** How long it still serves when it cannot be fetched anew. @defaultValue 3600 */
  maxStale?: number;
  /** How long nothing is fetched after a failure or a key that was not there. @defaultValue 30 */
  cooldown?: number;
  /** How long a fetch may take. @defaultValue 5 */
  timeout?: number;
  /** @defaultValue the global `fetch` */
  fetch?: FetchImplementation;
}

/**
 * The keys of a JWK set at hand.
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
  return { find: (header) => find(getKey, header) };
}

/**
 * The keys of a JWK set at a URL: fetched when first needed, once for all who wait, again when they
 * are old or a `kid` is not among them, and not again for a while after a failure. While the URL is
 * out of reach, keys serve on for `maxStale` beyond their age.
 *
 * @throws {@link MayflyError} `ERR_KEY` for a URL that anybody on the way could answer.
 */
export function remoteJwks(url: URL, options: JwksOptions = {}): KeySet {
  const { maxAge = 600, maxStale = 3600, cooldown = 30, timeout = 5, fetch } = options;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) {
    throw new MayflyError("ERR_KEY", "must be an https: URL");
  }
  const cache: JWKSCacheInput = {};
  const getKey = createRemoteJWKSet(url, {
    cacheMaxAge: maxAge * 1000,
    cooldownDuration: cooldown * 1000,
    timeoutDuration: timeout * 1000,
    [jwksCache]: cache,
    ...(fetch && { [customFetch]: fetch }),
  });
  let failedAt = Number.NEGATIVE_INFINITY;

  return {
    async find(header) {
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
    // Two keys by one name: nobody can say which is meant.
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
