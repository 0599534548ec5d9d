import { randomBytes } from "node:crypto";
import type { Context, Hono } from "hono";
import * as v from "valibot";
import type { Service } from "../../credential/index.ts";
import { type Key, type Keyring, keyMismatch } from "../../keyring/index.ts";
import { mint } from "../../mint/index.ts";
import { Policies } from "../../policy.ts";
import { currentTime } from "../../time.ts";
import type { Trust } from "../../verify/index.ts";
import { enforceRateLimit } from "../auth/caller.ts";
import { clientNetwork } from "../auth/client-address.ts";
import { crossOrigin } from "../auth/cross-origin.ts";
import { type Guests, guestPrefix } from "../auth/guests.ts";
import { createSealedCookie, type SealedCookie } from "../auth/sign-in/sealed-cookie.ts";
import { createRoute, headersOf, json, parameters } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { RateLimiter } from "../rate-limiter.ts";
import { noteOf, type RequestLogEnv } from "../request-log.ts";
import { shape } from "./credentials.ts";

/** Options of {@link guest}. */
export interface GuestOptions extends Trust {
  guests: Guests;
  /** Origins of web pages that may send cross-origin requests (CORS). */
  origins?: readonly string[];
  turnUris?: readonly string[];
}

const letters = "abcdefghijklmnopqrstuvwxyz234567";
const content = v.object({
  guest: v.pipe(v.string(), v.regex(new RegExp(`^${guestPrefix}[${letters}]{16}$`))),
});

type GuestCookie = SealedCookie<v.InferOutput<typeof content>>;

/**
 * `POST /guest`: mints a short-lived credential for somebody without an account, under a random localpart
 * that begins with `guest-`. A cookie keeps the localpart for the browser: all of its tabs, and each renewal,
 * get the same one, and nobody else can get it.
 *
 * Takes `service`, in the query or in a form, and answers as `/credentials` does.
 */
export function guest(options: GuestOptions): Hono<RequestLogEnv> {
  const { keyring, policies = new Policies(), guests, origins = [], turnUris = [] } = options;
  const { host, ttl = 600, remember = 86_400, perMinute = 10, services = ["xmpp"] } = guests;
  const limiter = new RateLimiter(perMinute);
  const addressOf = clientNetwork(guests.proxies ?? []);
  const cookies = createCookies(keyring, host);
  const app = createRoute(crossOrigin(origins, ["POST"]));

  app.post("/", async (c) => {
    const note = noteOf(c);
    note.op = "guest";
    const service = serviceOf(await parameters(c), services);
    note.service = service;
    const known = await knownGuest(c, cookies);
    enforceRateLimit(limiter, known ? `guest ${known}` : `address ${addressOf(c)}`);

    const localpart = known ?? newGuest();
    const jid = `${localpart}@${host}`;
    const longest = policies.forHost(host)?.maxTtl ?? ttl;
    const minted = await mint({ jid, service, ttl: Math.min(ttl, longest) }, { keyring, policies });
    const cookie = await cookies[0]?.seal({ guest: localpart }, currentTime() + remember);
    if (cookie !== undefined) headersOf(c)["set-cookie"] = cookie;
    note.ok = true;
    note.jid = jid;
    return json(c, shape(minted, service, turnUris));
  });
  return app;
}

function newGuest(): string {
  // 16 letters of 32 are 80 bits: nobody meets another's name, or guesses it.
  return guestPrefix + Array.from(randomBytes(16), (byte) => letters[byte % 32]).join("");
}

async function knownGuest(
  c: Context,
  cookies: readonly GuestCookie[],
): Promise<string | undefined> {
  for (const cookie of cookies) {
    const found = await cookie.read(c);
    if (found) return found.guest;
  }
  return undefined;
}

/** A cookie for each key that mints or verifies for the host; the first one is given out. */
function createCookies(keyring: Keyring, host: string): GuestCookie[] {
  const usable = (key: Key) => key.state !== "off" && !keyMismatch(key, host, "xmpp");
  const inOrder = [
    ...keyring.keys.filter((key) => key.state === "mint"),
    ...keyring.keys.filter((key) => key.state === "verify"),
  ];
  return inOrder.filter(usable).flatMap(({ signing }) => {
    if (!signing) return [];
    const secret =
      signing.type === "secret"
        ? signing.export()
        : signing.export({ type: "pkcs8", format: "der" });
    return [createSealedCookie({ name: "mayfly-guest", content, secret, audience: host })];
  });
}

function serviceOf(given: URLSearchParams, services: readonly Service[]): Service {
  const asked = given.get("service") || "xmpp";
  const service = services.find((known) => known === asked);
  if (service !== undefined) return service;
  throw new Problem("request", `service must be one of ${services.join(", ")}`);
}
