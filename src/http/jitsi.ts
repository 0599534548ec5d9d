import type { Hono } from "hono";
import { mint } from "../mint/index.ts";
import { type AskerOptions, askerOf } from "./asker.ts";
import { returnUrl } from "./jitsi-return.ts";
import { roomName } from "./jitsi-room.ts";
import { parseState } from "./jitsi-state.ts";
import { Limiter } from "./limiter.ts";
import { type Noted, note } from "./observed.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";

/** What the apps leave in a `tokenAuthUrl`. */
const unfilled = "{code_challenge}";

/** A Jitsi Meet server. */
export interface JitsiServer {
  /**
   * The origins that people may be sent to, such as `https://meet.example.com`: the one that the
   * request names as `origin`, or the first.
   */
  origins: readonly string[];
  /** The id of the key to mint with. @defaultValue the first for JWTs */
  key?: string;
  /** The `aud` of its tokens. @defaultValue `jitsi` */
  audience?: string;
  /** The `sub` of its tokens, where there is no tenant. @defaultValue the user's host */
  subject?: string;
  /**
   * Where in the URL the token goes. Today's page looks in both; what is in the fragment, no server
   * sees and none logs. @defaultValue `query`
   */
  token?: "query" | "fragment";
  /**
   * Whether a user may enter a room, by the name that Jitsi has for it.
   * @defaultValue everybody may enter every room, but none of a tenant
   */
  mayEnter?: (jid: string, place: { room: string; tenant?: string }) => boolean | Promise<boolean>;
}

/** Who may ask for tokens, and for what server. */
export interface JitsiOptions extends AskerOptions {
  jitsi: JitsiServer;
}

/**
 * `GET /jitsi/token`: a `tokenAuthUrl` of Jitsi Meet, which sends people here to be sent back with a
 * token for the one room.
 *
 * @example
 * ```js
 * tokenAuthUrl: "https://app.example.com/jitsi/token?room={room}&state={state}" +
 *   "&code_challenge_method=S256&code_challenge={code_challenge}"
 * ```
 * @see {@link https://jitsi.github.io/handbook/docs/dev-guide/dev-guide-configuration/#tokenauthurl}
 */
export function jitsi(options: JitsiOptions): Hono<Noted> {
  const { limiter = new Limiter(60), jitsi: server } = options;
  const { mayEnter = (_, { tenant }) => tenant === undefined } = server;
  const app = route();
  app.get("/token", async (c) => {
    note(c, { op: "mint", service: "jitsi" });
    const query = c.req.query();
    const origin = returnTo(query.origin, server.origins);
    insistOnChallenge(query);
    const { settings, ...named } = parseState(query.state ?? "{}");
    const place = { ...named, room: oneRoom(query.room, named.room) };

    const jid = await askerOf(c, { ...options, limiter }, query.username, query.key);
    if (jid === undefined) throw new Problem("request", "name whom the token is for: username");
    if (!(await mayEnter(jid, place))) throw new Problem("forbidden", "this room is not for you");
    const subject = place.tenant ?? server.subject;
    const request = {
      ...{ jid, room: place.room, profile: "jitsi" as const },
      ...(server.key !== undefined && { key: server.key }),
      ...(server.audience !== undefined && { audience: server.audience }),
      ...(subject !== undefined && { subject }),
    };
    const minted = await mint(request, options);
    note(c, { ok: true, jid });

    c.header("referrer-policy", "no-referrer");
    const back = { ...place, origin, settings, token: minted.password };
    return c.redirect(returnUrl(back, server.token ?? "query"));
  });
  return app;
}

function returnTo(wanted: string | undefined, origins: readonly string[]): string {
  const origin = origins.find((known) => known === (wanted ?? known));
  if (origin !== undefined) return origin;
  throw new Problem("forbidden", "nobody is sent to this origin");
}

/**
 * A challenge would bind a code to who asked for it (RFC 7636 section 4.4). There is no code here: the
 * token itself goes back. So one that is there need only be one.
 */
function insistOnChallenge({
  code_challenge_method: method = "S256",
  code_challenge: challenge = unfilled,
}: Record<string, string>): void {
  if (method === "S256" && (challenge === unfilled || /^[\w-]{43}$/.test(challenge))) return;
  throw new Problem("request", "code_challenge must be one of the method S256");
}

/** The room that is asked for; what comes unencoded from Jitsi may have been cut short on the way. */
function oneRoom(asked: string | undefined, inState: string | undefined): string {
  const room = asked === undefined ? inState : roomName(asked);
  if (room === undefined) throw new Problem("request", "room is missing");
  if (inState === undefined || inState === room) return room;
  throw new Problem("request", "room and state name two rooms");
}
