import type { IssuerConfig } from "../config/index.ts";
import { MayflyError } from "../error.ts";
import type { Issuer, KeySet, TokenLookup } from "../keyring/index.ts";
import type { Log } from "./logger.ts";

/**
 * Creates an issuer of the configuration: its keys, and the way to ask about its opaque tokens. Nothing is
 * fetched before a token has to be decided on.
 *
 * @throws {@link MayflyError} `ERR_CONFIG`
 */
export async function issuerOf(config: IssuerConfig): Promise<Issuer> {
  const { jwks, introspection: asking, userinfo: isByUserinfo, ...issuer } = config;
  // Loaded on demand: only configurations with issuers need this code.
  const remote = await import("../keyring/jwks.ts");
  // One for its keys and its endpoints. An issuer whose jwks is given need not be a URL.
  const discovery =
    jwks && !asking && !isByUserinfo
      ? undefined
      : attempt("the issuer", () => remote.createDiscovery(issuer.issuer));
  const keys = attempt("its jwks", keySet);
  const lookup = attempt("its introspection", tokenLookup);
  return { ...issuer, keys, ...(lookup && { lookup, isAudienceKnown: !isByUserinfo }) };

  function keySet(): KeySet {
    if (jwks instanceof URL) return remote.remoteJwks(jwks);
    return jwks ? remote.localJwks(jwks) : remote.discoveredJwks(discovery ?? issuer.issuer);
  }

  function tokenLookup(): TokenLookup | undefined {
    if (!discovery) return undefined;
    if (isByUserinfo) return remote.userinfo(discovery);
    if (!asking) return undefined;
    const clientSecret = Buffer.from(asking.clientSecret as string).toString();
    return remote.introspection(discovery, { ...asking, clientSecret });
  }

  function attempt<T>(what: string, create: () => T): T {
    try {
      return create();
    } catch (error) {
      const { message } = error as Error;
      throw new MayflyError("ERR_CONFIG", `issuer ${issuer.issuer}: ${what} ${message}`);
    }
  }
}

/** Wraps an issuer to log when an outage of its provider begins and when it ends. */
export function withIssuerLogging({ keys, lookup, ...issuer }: Issuer, log: Log): Issuer {
  let isDown = false;
  return {
    ...issuer,
    keys: { getKeys: (header) => observe(keys.getKeys(header)) },
    ...(lookup && { lookup: (token: string) => observe(lookup(token)) }),
  };

  async function observe<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      if (isDown) log.info({ issuer: issuer.issuer }, "issuer available again");
      isDown = false;
      return value;
    } catch (error) {
      if (!isDown) {
        const { message: err } = error as Error;
        log.error({ issuer: issuer.issuer, err }, "issuer unavailable: refusing its tokens");
      }
      isDown = true;
      throw error;
    }
  }
}
