import type { Hono } from "hono";
import type { Json } from "../../credential/index.ts";
import { mint } from "../../mint/index.ts";
import { authenticateCaller, type CallerOptions, type Visitors } from "../auth/caller.ts";
import { createRoute } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { RateLimiter } from "../rate-limiter.ts";
import { annotate, type RequestLogEnv } from "../request-log.ts";
import { grantFromClaims, type JitsiClaimRules, type JitsiGrant } from "./grant.ts";
import { redirectUrl } from "./redirect.ts";
import { parseState, roomName } from "./state.ts";

/** Placeholder that Jitsi's mobile apps leave in a `tokenAuthUrl`. */
const unfilled = "{code_challenge}";

/** A Jitsi Meet server. */
export interface JitsiServer {
  /**
   * Origins to redirect users to, such as `https://meet.example.com`. A request chooses one as `origin`;
   * the default is the first.
   */
  origins: readonly string[];
  /** The id of the key to mint with. @defaultValue the first for JWTs */
  key?: string;
  /** The `aud` of its tokens. @defaultValue `jitsi` */
  audience?: string;
  /** The `sub` of its tokens, where there is no tenant. @defaultValue the user's host */
  subject?: string;
  /**
   * Part of the URL that carries the token. Current Jitsi pages read both. Browsers do not send the
   * fragment to servers, so it appears in no server log. @defaultValue `query`
   */
  token?: "query" | "fragment";
  /**
   * Whether a user may enter a room, given by Jitsi's name for it.
   * @defaultValue every user may enter every room without a tenant, and none with a tenant
   */
  mayEnter?: (jid: string, place: JitsiPlace) => boolean | Promise<boolean>;
  /**
   * What the token says of the user, and what they may do in a room: a name and a picture, `moderator`,
   * features.
   *
   * @param claims - those of the issuer's token with which the user signed in, if that was a JWT
   * @defaultValue what `claims` grants; without it, the localpart as the name
   */
  grant?: (
    jid: string,
    place: JitsiPlace,
    claims: Json | undefined,
  ) => JitsiGrant | Promise<JitsiGrant>;
  /** Rules that make the token of an issuer's claims, where there is no `grant`. */
  claims?: JitsiClaimRules;
}

/** A room, by Jitsi's name for it. */
export interface JitsiPlace {
  room: string;
  tenant?: string;
}

/** Options of {@link jitsi}. */
export interface JitsiOptions extends CallerOptions {
  jitsi: JitsiServer;
  /** Who is signed in when Jitsi redirects a browser here. @defaultValue `user` */
  visitors?: Visitors;
}

/**
 * `GET /jitsi/token`: the `tokenAuthUrl` of Jitsi Meet. Jitsi redirects users here, and they are redirected
 * back with a token for that room only.
 *
 * @example
 * ```js
 * tokenAuthUrl: "https://app.example.com/jitsi/token?room={room}&state={state}" +
 *   "&code_challenge_method=S256&code_challenge={code_challenge}"
 * ```
 * @see {@link https://jitsi.github.io/handbook/docs/dev-guide/dev-guide-configuration/#tokenauthurl}
 */
export function jitsi(options: JitsiOptions): Hono<RequestLogEnv> {
  const { limiter = new RateLimiter(60), jitsi: server, visitors } = options;
  const { mayEnter = (_, { tenant }) => tenant === undefined } = server;
  const app = createRoute();
  app.get("/token", async (c) => {
    annotate(c, { op: "mint", service: "jitsi" });
    const query = c.req.query();
    const origin = returnTo(query.origin, server.origins);
    assertChallenge(query);
    const { settings, ...named } = parseState(query.state ?? "{}");
    const place = { ...named, room: oneRoom(query.room, named.room) };

    const { username, host, key } = query;
    const user = await visitors?.user(c);
    if (!user && visitors?.signInUrl && !key && !c.req.header("authorization")) {
      annotate(c, { ok: false, reason: "unauthorized" });
      return c.redirect(visitors.signInUrl(c));
    }
    let claims: Json | undefined;
    const onToken = (verified: Json) => {
      claims = verified;
    };
    const callers = { ...options, ...(visitors && { user: () => user }), limiter, onToken };
    const jid = await authenticateCaller(c, callers, { username, host, key });
    if (jid === undefined)
      throw new Problem("request", "username is missing: name the user of the token");
    if (!(await mayEnter(jid, place))) throw new Problem("forbidden", "this room is not for you");
    const subject = place.tenant ?? server.subject;
    const request = {
      jid,
      room: place.room,
      profile: "jitsi" as const,
      ...(server.key !== undefined && { key: server.key }),
      ...(server.audience !== undefined && { audience: server.audience }),
      ...(subject !== undefined && { subject }),
      ...(await grantOf(server, jid, place, claims)),
      ...(user && !server.grant && (await visitors?.grant?.(c))),
    };
    const minted = await mint(request, options);
    annotate(c, { ok: true, jid });

    c.header("referrer-policy", "no-referrer");
    const back = { ...place, origin, settings, token: minted.password };
    return c.redirect(redirectUrl(back, server.token ?? "query"));
  });
  return app;
}

async function grantOf(
  { grant, claims: rules }: JitsiServer,
  jid: string,
  place: JitsiPlace,
  claims: Json | undefined,
): Promise<JitsiGrant> {
  if (!grant) return rules && claims ? grantFromClaims(rules, claims) : {};
  const { context, moderator } = await grant(jid, place, claims);
  return { ...(context && { context }), ...(moderator !== undefined && { moderator }) };
}

function returnTo(wanted: string | undefined, origins: readonly string[]): string {
  const origin = origins.find((known) => known === (wanted ?? known));
  if (origin !== undefined) return origin;
  throw new Problem("forbidden", "users are not redirected to this origin");
}

/**
 * Validates the form of a PKCE challenge, if there is one. A challenge binds a code to the client that
 * requested it (RFC 7636 section 4.4); this route returns the token itself, so there is no code to bind.
 */
function assertChallenge({
  code_challenge_method: method = "S256",
  code_challenge: challenge = unfilled,
}: Record<string, string>): void {
  if (method === "S256" && (challenge === unfilled || /^[\w-]{43}$/.test(challenge))) return;
  throw new Problem("request", "code_challenge must be one of the method S256");
}

/** The requested room; `room` and `state` must agree, because Jitsi may send `room` unencoded and so truncated. */
function oneRoom(asked: string | undefined, inState: string | undefined): string {
  const room = asked === undefined ? inState : roomName(asked);
  if (room === undefined) throw new Problem("request", "room is missing");
  if (inState === undefined || inState === room) return room;
  throw new Problem("request", "room and state name two rooms");
}
