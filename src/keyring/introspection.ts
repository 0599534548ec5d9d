import { createHash } from "node:crypto";
import type { AuthorizationServer, Client, ClientAuth } from "oauth4webapi";
import type { Json } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Discovery } from "./discovery.ts";
import type { TokenLookup } from "./issuer.ts";
import { assertSecureUrl, type LimitedFetch, limitFetch } from "./limited-fetch.ts";

/** How answers about tokens are cached. Times are in seconds. */
export interface LookupOptions {
  /** How long an answer is used, at most until the token's `exp`. @defaultValue 60 */
  maxAge?: number;
  /** The time limit of a request. @defaultValue 5 */
  timeout?: number;
  /** @defaultValue the global `fetch` */
  fetch?: LimitedFetch;
}

/** Who asks: a client that the provider allows to introspect tokens. */
export interface IntrospectionOptions extends LookupOptions {
  clientId: string;
  clientSecret: string;
  /** Where to ask, if not where the metadata say. */
  endpoint?: URL;
}

interface CachedAnswer {
  claims: Promise<Json | undefined>;
  until: number;
}

const maxCachedAnswers = 10_000;
/** Requests that are on their way at most: whoever makes tokens up must not flood the provider. */
const maxRequests = 32;
/** The pause after a request that timed out. Other failures may be due to one token alone. */
const hangPauseMs = 5000;

/**
 * Asks an issuer about opaque tokens by OAuth 2.0 Token Introspection.
 *
 * @throws {@link MayflyError} `ERR_KEY` for an endpoint without TLS that is not on loopback
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662}
 */
export function introspection(discovery: Discovery, options: IntrospectionOptions): TokenLookup {
  const { clientId, clientSecret } = options;
  if (options.endpoint) assertSecureUrl(options.endpoint);
  return cacheAnswers(options, async (token, fetch) => {
    const oauth = await import("./oauth.ts");
    const known = options.endpoint ? undefined : await discovery.metadata();
    const endpoint = options.endpoint ?? (await discovery.endpoint("introspection_endpoint"));
    const server: AuthorizationServer = {
      issuer: discovery.issuer,
      introspection_endpoint: endpoint.href,
    };
    const methods = known?.introspection_endpoint_auth_methods_supported;
    const isByBody =
      methods?.includes("client_secret_post") && !methods.includes("client_secret_basic");
    const authentication: ClientAuth = isByBody
      ? oauth.ClientSecretPost(clientSecret)
      : oauth.ClientSecretBasic(clientSecret);
    const client: Client = { client_id: clientId };
    const response = await oauth.introspectionRequest(server, client, authentication, token, {
      additionalParameters: { token_type_hint: "access_token" },
      [oauth.allowInsecureRequests]: true, // on loopback: the endpoint was checked
      [oauth.customFetch]: fetch,
    });
    assertJson(response);
    const answer = await oauth.processIntrospectionResponse(server, client, response);
    return answer.active === true ? (answer as Json) : undefined;
  });
}

/**
 * Asks an issuer about opaque tokens by OpenID Connect's UserInfo. The answer says whose a token is, and not
 * for whom it was issued: every client of the provider can log its users in.
 *
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#UserInfo}
 */
export function userinfo(discovery: Discovery, options: LookupOptions = {}): TokenLookup {
  return cacheAnswers(options, async (token, fetch) => {
    const oauth = await import("./oauth.ts");
    const endpoint = await discovery.endpoint("userinfo_endpoint");
    const server = { issuer: discovery.issuer, userinfo_endpoint: endpoint.href };
    const client: Client = { client_id: "mayfly" }; // not sent
    const response = await oauth.userInfoRequest(server, client, token, {
      headers: { accept: "application/json" },
      [oauth.allowInsecureRequests]: true, // on loopback: the endpoint was checked
      [oauth.customFetch]: fetch,
    });
    if (response.status === 401 || response.status === 403) return undefined;
    assertJson(response);
    return (await oauth.processUserInfoResponse(
      server,
      client,
      oauth.skipSubjectCheck,
      response,
    )) as Json;
  });
}

/** @throws for a JWT, whose signature nobody here checks */
function assertJson({ headers }: Response): void {
  const type = headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) throw new Error("the answer is not JSON");
}

/**
 * Callers that ask about one token at the same time share one request. A failure is not cached; but once a
 * request has timed out, others fail at once for a while, so that logins of others do not wait for each.
 */
function cacheAnswers(
  { maxAge = 60, timeout = 5, fetch }: LookupOptions,
  ask: (token: string, fetch: LimitedFetch) => Promise<Json | undefined>,
): TokenLookup {
  const answers = new Map<string, CachedAnswer>();
  const limited = limitFetch({ timeoutMs: timeout * 1000, fetch });
  let requests = 0;
  let hangsUntil = 0;

  return async (token) => {
    const name = createHash("sha256").update(token).digest("base64url");
    const known = answers.get(name);
    if (known && Date.now() < known.until) return known.claims;
    if (requests >= maxRequests) {
      throw new MayflyError("ERR_KEY", "the issuer is being asked about too many tokens");
    }
    if (Date.now() < hangsUntil) {
      throw new MayflyError("ERR_KEY", "the issuer did not answer a moment ago");
    }
    requests++;
    const claims = ask(token, limited).finally(() => {
      requests--;
    });
    const answer: CachedAnswer = { claims, until: Number.POSITIVE_INFINITY };
    answers.delete(name);
    answers.set(name, answer);
    // A Map keeps its order: the first is the oldest.
    for (const oldest of answers.keys()) {
      if (answers.size <= maxCachedAnswers) break;
      answers.delete(oldest);
    }
    try {
      const found = await claims;
      const exp = typeof found?.exp === "number" ? found.exp * 1000 : Number.POSITIVE_INFINITY;
      answer.until = Math.min(Date.now() + maxAge * 1000, exp);
      return found;
    } catch (error) {
      answers.delete(name);
      if ((error as Error).name === "TimeoutError") hangsUntil = Date.now() + hangPauseMs;
      throw error;
    }
  };
}
