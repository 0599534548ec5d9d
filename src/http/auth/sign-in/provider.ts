import type { Configuration } from "openid-client";
import type { Json } from "../../../credential/index.ts";
import { limitFetch } from "../../../keyring/limited-fetch.ts";
import type { SignInOptions } from "./options.ts";

/** What the browser keeps of a sign-in while the user is at the provider. */
export interface Transaction {
  state: string;
  nonce: string;
  /** Code verifier of PKCE (RFC 7636). */
  verifier: string;
}

/** An identity provider: the authorization code flow of OpenID Connect with PKCE. */
export interface Provider {
  /** Begins a sign-in: where to send the browser, and what to keep until it is back. */
  begin(redirectUri: string): Promise<{ url: string; transaction: Transaction }>;
  /**
   * Finishes a sign-in: checks the response of the provider, redeems its code, and checks the ID token.
   *
   * @param response - the URL that the browser came back to
   * @throws an error where anything does not fit
   */
  finish(response: URL, transaction: Transaction): Promise<Json>;
  /** Where the browser signs out at the provider; `undefined` where the provider has no such page. */
  endSessionUrl(returnTo: string): Promise<string | undefined>;
}

/** How long metadata is used. */
const maxAgeMs = 3_600_000;

type Library = typeof import("openid-client");

/** Creates the client of a provider. Its metadata is fetched when it is first needed, in a single flight. */
export function createProvider(options: SignInOptions): Provider {
  const { issuer, clientId, scope = "openid profile email", user: userClaim = "sub" } = options;
  let cached: { at: number; loading: Promise<[Library, Configuration]> } | undefined;

  return {
    async begin(redirectUri) {
      const [client, config] = await load();
      const state = client.randomState();
      const nonce = client.randomNonce();
      const verifier = client.randomPKCECodeVerifier();
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        response_type: "code",
        scope,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return { url: url.href, transaction: { state, nonce, verifier } };
    },

    async finish(response, { state, nonce, verifier }) {
      const [client, config] = await load();
      // It also checks the `iss` of the response (RFC 9207), against which another provider's does not help.
      const tokens = await client.authorizationCodeGrant(config, response, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims() as Json | undefined;
      if (typeof claims?.sub !== "string") throw new Error("the ID token has no sub");
      if (claims[userClaim] !== undefined || !config.serverMetadata().userinfo_endpoint) {
        return claims;
      }
      const more = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    },

    async endSessionUrl(returnTo) {
      const [client, config] = await load();
      if (!config.serverMetadata().end_session_endpoint) return undefined;
      return client.buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo }).href;
    },
  };

  function load(): Promise<[Library, Configuration]> {
    if (!cached || Date.now() - cached.at > maxAgeMs) {
      const loading = discover();
      cached = { at: Date.now(), loading };
      loading.catch(() => {
        if (cached?.loading === loading) cached = undefined;
      });
    }
    return cached.loading;
  }

  async function discover(): Promise<[Library, Configuration]> {
    // Loaded on demand: nobody needs it before the first sign-in.
    const client = await import("openid-client");
    const timeout = options.timeout ?? 5;
    const url = new URL(issuer);
    const secret = Buffer.from(options.clientSecret).toString();
    const isPlain = url.protocol === "http:"; // the configuration allows it on loopback alone
    const config = await client.discovery(
      url,
      clientId,
      undefined,
      (server, metadata, body, headers) => {
        const { token_endpoint_auth_methods_supported: methods = ["client_secret_basic"] } = server;
        const authenticate = methods.includes("client_secret_basic")
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret);
        return authenticate(server, metadata, body, headers);
      },
      {
        timeout,
        [client.customFetch]: limitFetch({ timeoutMs: timeout * 1000 }),
        execute: [
          // The signature of the ID token, though it comes over TLS from the provider itself.
          client.enableNonRepudiationChecks,
          ...(isPlain ? [client.allowInsecureRequests] : []),
        ],
      },
    );
    return [client, config];
  }
}
