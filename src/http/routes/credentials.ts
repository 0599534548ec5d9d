import type { Hono } from "hono";
import * as v from "valibot";
import { formats, type MintedCredential, type Service, services } from "../../credential/index.ts";
import { type MintRequest, mint, presentations } from "../../mint/index.ts";
import { authenticateCaller, type CallerOptions } from "../auth/caller.ts";
import { crossOrigin } from "../auth/cross-origin.ts";
import { assertNoGuest, type Guests } from "../auth/guests.ts";
import { createRoute, json, parameters } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { RateLimiter } from "../rate-limiter.ts";
import { noteOf, type RequestLogEnv } from "../request-log.ts";

/** Options of {@link credentials}. */
export interface CredentialsOptions extends CallerOptions {
  /** Origins of web pages, such as `https://app.example.com`, that may send cross-origin requests (CORS). */
  origins?: readonly string[];
  /** TURN URIs to return with credentials for TURN (RFC 7065). */
  turnUris?: readonly string[];
  /** Guests, who get their credentials at `/guest`: their names are refused here. */
  guests?: Guests;
}

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.exactOptional(v.picklist(values, `must be one of ${values.join(", ")}`));

const query = v.object({
  service: oneOf(services),
  username: v.exactOptional(v.string()),
  host: v.exactOptional(v.string()),
  exact: v.exactOptional(
    v.pipe(
      v.picklist(["true", "false"], "must be true or false"),
      v.transform((value) => value === "true"),
    ),
  ),
  key: v.exactOptional(v.string()),
  ttl: v.exactOptional(
    v.pipe(v.string(), v.regex(/^\d{1,9}$/, "must be a number of seconds"), v.transform(Number)),
  ),
  format: oneOf(formats),
  present: oneOf(presentations),
});

type Asked = v.InferOutput<typeof query>;

/**
 * `GET` and `POST /credentials`: mints a credential for the signed-in user, or for the user an app server
 * names.
 *
 * Parameters, in the query or in a form: `service` (`xmpp` when absent, `turn`, `sip`), `username`,
 * with `host` where that is a name, `exact=true` to refuse names that are not in their prepared form,
 * `key` (an API key), `ttl` in seconds, `format`, `present`. Answers `{username, password, ttl, uris}`
 * as TURN REST does; for XMPP also `jid`, `mechanism` and `expires`, in Unix seconds, and `authzid`
 * where there is one.
 *
 * @example
 * ```ts
 * app.route("/credentials", credentials({ keyring, user: (c) => session(c)?.jid }));
 * ```
 * @see {@link https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2}
 */
export function credentials(options: CredentialsOptions): Hono<RequestLogEnv> {
  const { limiter = new RateLimiter(60), origins = [], turnUris = [] } = options;
  const limited = { ...options, limiter };
  const app = createRoute(crossOrigin(origins, ["GET", "POST"]));
  app.on(["GET", "POST"], "/", async (c) => {
    const note = noteOf(c);
    note.op = "mint";
    const asked = read(await parameters(c));
    const { service = "xmpp", username, host, exact, key } = asked;
    note.service = service;
    const jid = await authenticateCaller(c, limited, { username, host, exact, key });
    assertNoGuest(jid, options.guests);
    const minted = await mint(requestOf(asked, jid), options);
    note.ok = true;
    if (jid !== undefined) note.jid = jid;
    return json(c, shape(minted, service, turnUris));
  });
  return app;
}

/** What to mint for whom. The id is that of the caller, or the one that an app server names. */
function requestOf(asked: Asked, jid: string | undefined): MintRequest {
  const request: MintRequest = jid === undefined ? {} : { jid };
  const { service, ttl, format, present } = asked;
  if (service !== undefined) request.service = service;
  if (ttl !== undefined) request.ttl = ttl;
  if (format !== undefined) request.format = format;
  if (present !== undefined) request.present = present;
  return request;
}

function read(given: URLSearchParams): Asked {
  const said = [...given].filter(([, value]) => value !== "");
  const parsed = v.safeParse(query, Object.fromEntries(said));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Problem("request", `${v.getDotPath(issue)} ${issue.message}`);
}

/**
 * The answer with a credential.
 *
 * TURN REST defines only these four members; XMPP clients also need the JID, mechanism and expiry.
 */
export function shape(
  { jid, username, password, mechanism = "PLAIN", authzid, ttl, expires }: MintedCredential,
  service: Service,
  turnUris: readonly string[],
): object {
  const uris = service === "turn" ? turnUris : [];
  if (service !== "xmpp") return { username, password, ttl, uris };
  // JSON leaves out what is undefined.
  return { jid, mechanism, authzid, expires, username, password, ttl, uris };
}
