import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { type Json, jidOfName, type NamedUser, parseCredential } from "../../credential/index.ts";
import { Keyring } from "../../keyring/index.ts";
import { Policies } from "../../policy.ts";
import type { Decision, Trust } from "../../verify/index.ts";
import type { JitsiGrant } from "../jitsi/grant.ts";
import { Problem } from "../problem.ts";
import type { RateLimiter } from "../rate-limiter.ts";
import { authorization, matchesAny, type Secret } from "./secrets.ts";
import { candidateHosts, verifyToken } from "./verify-token.ts";

const allHosts = new Policies();

/** A signed-in user of an app, by bare JID or name; empty or `undefined` if none is signed in. */
export type SignedIn = string | NamedUser | undefined;

/** Who is signed in when the browser itself opens an address, such as `/jitsi/token`. */
export interface Visitors {
  /** Returns the signed-in user, as {@link CallerOptions.user} does. */
  user: (c: Context) => SignedIn | Promise<SignedIn>;
  /** Returns what the user's claims at the identity provider grant at Jitsi, if they signed in there. */
  grant?: (c: Context) => Promise<JitsiGrant | undefined>;
  /** Returns where to sign in, to come back afterwards; without it the answer is 401. */
  signInUrl?: (c: Context) => string;
}

/** Parameters of a request that name the user to mint for. */
export interface Wanted {
  /** A bare JID; for SIP and TURN any id; with `host`, any name. */
  username?: string | undefined;
  /** The XMPP host of a name. */
  host?: string | undefined;
  /** Whether to refuse a name that is not in its prepared form. */
  exact?: boolean | undefined;
  /** An API key; it may be sent in `Authorization` instead. */
  key?: string | undefined;
}

/** Authentication of callers that request credentials, and the keyring to mint with. */
export interface CallerOptions extends Trust {
  /**
   * Returns the app's signed-in user, or `undefined` for a 401: a bare JID, or `{ name, host }` with the
   * user's name in the app, such as `Alice Smith`. `localpart` of `mayfly` converts the name. Two names
   * can convert to the same localpart, such as `Alice` and `alice`, and then share an account: make names
   * unique in your app, or return `exact: true` as well, which refuses names that are not in their
   * prepared form.
   */
  user?: (c: Context) => SignedIn | Promise<SignedIn>;
  /** Keys of app servers, which may request credentials for any user. */
  apiKeys?: readonly Secret[];
  /** Limits each user, and each address with refused requests. @defaultValue 60 requests per minute */
  limiter?: RateLimiter;
}

/**
 * Authenticates the caller and returns the id to mint for. Callers: an app server (API key, any user) or a
 * user (the app's session or an issuer's token, self only). `onToken` is called with the verified claims of
 * that token, if it is a JWT.
 *
 * @throws {@link Problem}, or {@link MayflyError} `ERR_ID` for a name without a localpart
 */
export async function authenticateCaller(
  c: Context,
  options: CallerOptions & { limiter: RateLimiter; onToken?: (claims: Json) => void },
  { key, ...wanted }: Wanted,
): Promise<string | undefined> {
  const named = idOf(wanted);
  const session = await options.user?.(c);
  const signedIn = typeof session === "object" ? session.name && jidOfName(session) : session;
  if (signedIn) return self(signedIn);
  const given = authorization(c);
  const bearer = given?.scheme === "bearer" ? given.secret : undefined;
  if (matchesAny(key ?? bearer ?? "", options.apiKeys ?? [])) return named;
  const decision =
    bearer === undefined
      ? undefined
      : await verifyToken(bearer, issuerOnlyOptions(bearer, options), hostIn(named));
  if (decision?.ok) {
    const token = parseCredential(bearer ?? "");
    if (token?.format === "jwt" && token.claims) options.onToken?.(token.claims);
    return self(`${decision.user}@${decision.host}`);
  }
  // Limits only refused requests, so that one caller behind a proxy cannot lock the others out.
  limitAddress(c, options.limiter);
  throw refusal(decision);

  function self(jid: string): string {
    enforceRateLimit(options.limiter, `user ${jid}`);
    if (named === undefined || named === jid) return jid;
    throw new Problem("forbidden", "the username must be your own, or be left out");
  }
}

/** The id that a request names, or the JID of its name and host. */
function idOf({ username, host, exact }: Wanted): string | undefined {
  if (host === undefined && exact === undefined) return username;
  if (username === undefined || host === undefined) {
    throw new Problem("request", "host, and exact=true, go with a name: username=Alice&host=…");
  }
  return jidOfName({ name: username, host, exact: exact ?? false });
}

/**
 * Options that accept only external issuers' tokens, so that a minted credential cannot be exchanged for
 * another. Of the hosts' policies, only `leeway` applies to these tokens.
 */
function issuerOnlyOptions(token: string, { keyring, policies = allHosts, store }: Trust): Trust {
  const hosts = candidateHosts(token, keyring).flatMap((host) => {
    const leeway = policies.forHost(host)?.leeway;
    return leeway === undefined
      ? []
      : [[host, { leeway, maxTtl: Number.POSITIVE_INFINITY }] as const];
  });
  return {
    keyring: new Keyring([], keyring.issuers),
    policies: new Policies(Object.fromEntries(hosts)),
    ...(store && { store }),
  };
}

function hostIn(named: string | undefined): string | undefined {
  return named === undefined ? undefined : /@([^@]+)$/.exec(named)?.[1];
}

function refusal(decision: (Decision & { ok: false }) | undefined): Problem {
  if (!decision) {
    const detail = "sign in, or send an API key or a token in Authorization: Bearer";
    return new Problem("unauthorized", detail, { "www-authenticate": "Bearer" });
  }
  const { reason } = decision;
  return reason === "store-unavailable"
    ? new Problem("unavailable", "the token cannot be checked now")
    : new Problem("unauthorized", `the token is refused: ${reason}`, {
        "www-authenticate": 'Bearer error="invalid_token"',
      });
}

/**
 * Counts a refused request of an address.
 *
 * @throws {@link Problem} where there were too many
 */
export function limitAddress(c: Context, limiter: RateLimiter): void {
  enforceRateLimit(limiter, `address ${addressOf(c)}`);
}

/**
 * Counts a request of a caller.
 *
 * @throws {@link Problem} `too-many-requests`
 */
export function enforceRateLimit(limiter: RateLimiter, caller: string): void {
  const wait = limiter.take(caller);
  if (wait === 0) return;
  throw new Problem("too-many-requests", `try again in ${wait} s`, { "retry-after": String(wait) });
}

/** Remote address of a request, under Node. */
function addressOf(c: Context): string | undefined {
  return c.env?.incoming ? getConnInfo(c).remote.address : undefined;
}
