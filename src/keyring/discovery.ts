import type { AuthorizationServer } from "oauth4webapi";
import { MayflyError } from "../error.ts";
import type { KeySet } from "./issuer.ts";
import { type JwksOptions, remoteJwks } from "./key-set.ts";
import { assertSecureUrl, isLoopback, type LimitedFetch, limitFetch } from "./limited-fetch.ts";

/** How metadata are cached. Times are in seconds. */
export interface DiscoveryOptions {
  /** How long fetched metadata are used without asking again. @defaultValue 3600 */
  maxAge?: number;
  /** How much longer they are used while the provider cannot be reached. @defaultValue 86400 */
  maxStale?: number;
  /** The pause after a failed fetch. @defaultValue 30 */
  cooldown?: number;
  /** The time limit of a fetch. @defaultValue 5 */
  timeout?: number;
  /** @defaultValue the global `fetch` */
  fetch?: LimitedFetch;
}

/** The metadata of one issuer, fetched when they are first needed. */
export interface Discovery {
  issuer: string;
  /** @throws {@link MayflyError} `ERR_KEY` while they cannot be had */
  metadata(): Promise<AuthorizationServer>;
  /**
   * An endpoint of the provider.
   *
   * @throws {@link MayflyError} `ERR_KEY` where the metadata name none with TLS
   */
  endpoint(name: "jwks_uri" | "introspection_endpoint" | "userinfo_endpoint"): Promise<URL>;
}

/**
 * The metadata that an issuer publishes below its own URL: `/.well-known/openid-configuration` (OpenID
 * Connect Discovery 1.0 section 4) or else `/.well-known/oauth-authorization-server` (RFC 8414 section 3).
 * They count only if they name this very issuer. They are fetched in a single flight; metadata that are
 * older than `maxAge` are used for `maxStale` longer, while new ones are on their way.
 *
 * @throws {@link MayflyError} `ERR_KEY` for an issuer that is no URL with TLS, or on loopback
 */
export function createDiscovery(issuer: string, options: DiscoveryOptions = {}): Discovery {
  const { maxAge = 3600, maxStale = 86_400, cooldown = 30, timeout = 5, fetch } = options;
  const url = URL.canParse(issuer) ? new URL(issuer) : new URL("none:");
  assertSecureUrl(url);
  if (url.search || url.hash) throw new MayflyError("ERR_KEY", "must be a URL without ? and #");
  let kept: { metadata: AuthorizationServer; at: number } | undefined;
  let flight: Promise<AuthorizationServer> | undefined;
  let failure: { error: unknown; at: number } | undefined;

  return {
    issuer,
    metadata,
    async endpoint(name) {
      const { [name]: value } = await metadata();
      if (typeof value !== "string" || !URL.canParse(value)) {
        throw new MayflyError("ERR_KEY", `the metadata of ${issuer} have no ${name}`);
      }
      const found = new URL(value);
      try {
        assertSecureUrl(found, isLoopback(url));
        return found;
      } catch (error) {
        const { message } = error as Error;
        throw new MayflyError("ERR_KEY", `the metadata of ${issuer}: ${name} ${message}`);
      }
    },
  };

  async function metadata(): Promise<AuthorizationServer> {
    const age = kept ? Date.now() - kept.at : Number.POSITIVE_INFINITY;
    if (kept && age < maxAge * 1000) return kept.metadata;
    const isUsable = kept !== undefined && age < (maxAge + maxStale) * 1000;
    if (failure && Date.now() - failure.at < cooldown * 1000) {
      if (isUsable && kept) return kept.metadata;
      throw failure.error;
    }
    flight ??= load().finally(() => {
      flight = undefined;
    });
    if (!isUsable || !kept) return flight;
    flight.catch(() => {}); // it is known as the failure
    return kept.metadata;
  }

  async function load(): Promise<AuthorizationServer> {
    try {
      const found = await discover(url, issuer, limitFetch({ timeoutMs: timeout * 1000, fetch }));
      kept = { metadata: found, at: Date.now() };
      failure = undefined;
      return found;
    } catch (cause) {
      const why = (cause as Error).message;
      const error = new MayflyError("ERR_KEY", `the metadata of ${issuer}: ${why}`, { cause });
      failure = { error, at: Date.now() };
      throw error;
    }
  }
}

async function discover(
  url: URL,
  issuer: string,
  fetch: LimitedFetch,
): Promise<AuthorizationServer> {
  // Loaded on demand: only issuers without `jwks` need it.
  const oauth = await import("./oauth.ts");
  const ask = (algorithm: "oidc" | "oauth2") =>
    oauth.discoveryRequest(url, {
      algorithm,
      [oauth.allowInsecureRequests]: true, // on loopback: the URL was checked
      [oauth.customFetch]: fetch,
    });
  const first = await ask("oidc");
  const isMissing = first.status >= 400 && first.status < 500;
  const response = isMissing ? await ask("oauth2") : first;
  if (response.status !== 200) throw new Error(`the answer is ${response.status}`);
  const found = await oauth.processDiscoveryResponse(url, response);
  // The library compares URLs, for which https://a and https://a/ are one; issuers are two (RFC 8414
  // section 3.3).
  if (found.issuer !== issuer) {
    throw new Error("they are of another issuer: write issuer: as its provider does");
  }
  return found;
}

/**
 * The keys of an issuer, at the `jwks_uri` of its metadata: {@link createDiscovery}, and then a JWK set at a
 * URL with the cache of that.
 *
 * @example
 * ```ts
 * import { Keyring } from "mayfly";
 * import { discoveredJwks } from "mayfly/jwks";
 *
 * const issuer = "https://id.example.com";
 * const keys = discoveredJwks(issuer);
 * const keyring = new Keyring([], [{ issuer, keys, algorithms: ["RS256"], audience: "example.com" }]);
 * ```
 * @throws {@link MayflyError} `ERR_KEY` for an issuer that is no URL with TLS, or on loopback
 */
export function discoveredJwks(
  issuer: string | Discovery,
  options: Pick<JwksOptions, "fetch"> & DiscoveryOptions = {},
): KeySet {
  const discovery = typeof issuer === "string" ? createDiscovery(issuer, options) : issuer;
  const { fetch, timeout } = options;
  const limits = { ...(fetch && { fetch }), ...(timeout !== undefined && { timeout }) };
  let current: { uri: string; keys: KeySet } | undefined;
  return {
    async getKeys(header) {
      const uri = await discovery.endpoint("jwks_uri");
      if (current?.uri !== uri.href) {
        current = { uri: uri.href, keys: remoteJwks(uri, limits) };
      }
      return current.keys.getKeys(header);
    },
  };
}
