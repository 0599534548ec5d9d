import type { Hono } from "hono";
import { cors } from "hono/cors";
import * as v from "valibot";
import { formats, type MintedCredential, type Service, services } from "../credential/index.ts";
import { mint, presentations } from "../mint/index.ts";
import { type AskerOptions, askerOf } from "./asker.ts";
import { Limiter } from "./limiter.ts";
import { type Noted, note } from "./observed.ts";
import { parameters } from "./parameters.ts";
import { Problem } from "./problem.ts";
import { route } from "./route.ts";

/** Who may have credentials, and what goes with them. */
export interface CredentialsOptions extends AskerOptions {
  /** The origins of pages, such as `https://app.example.com`, that may ask though they come from elsewhere. */
  origins?: readonly string[];
  /** The URIs that go with credentials for TURN (RFC 7065). */
  turnUris?: readonly string[];
}

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.exactOptional(v.picklist(values, `must be one of ${values.join(", ")}`));

const query = v.object({
  service: oneOf(services),
  username: v.exactOptional(v.string()),
  key: v.exactOptional(v.string()),
  ttl: v.exactOptional(
    v.pipe(v.string(), v.regex(/^\d{1,9}$/, "must be a number of seconds"), v.transform(Number)),
  ),
  format: oneOf(formats),
  present: oneOf(presentations),
});

/**
 * `GET` and `POST /credentials`: mints a credential for who asks, or for whom an app server names.
 *
 * Parameters, in the query or in a form: `service` (`xmpp` when absent, `turn`, `sip`), `username`,
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
export function credentials(options: CredentialsOptions): Hono<Noted> {
  const { limiter = new Limiter(60), origins = [], turnUris = [] } = options;
  const app = route();
  app.use(
    cors({
      origin: [...origins],
      allowMethods: ["GET", "POST"],
      allowHeaders: ["authorization", "content-type"],
      exposeHeaders: ["retry-after"],
      credentials: true,
      maxAge: 600,
    }),
  );
  app.on(["GET", "POST"], "/", async (c) => {
    note(c, { op: "mint" });
    const asked = read(await parameters(c));
    const { service = "xmpp", username, key, ...rest } = asked;
    note(c, { service });
    const jid = await askerOf(c, { ...options, limiter }, username, key);
    const minted = await mint({ service, ...rest, ...(jid !== undefined && { jid }) }, options);
    note(c, { ok: true, ...(jid !== undefined && { jid }) });
    return c.json(shape(minted, service, turnUris));
  });
  return app;
}

function read(given: URLSearchParams): v.InferOutput<typeof query> {
  const said = [...given].filter(([, value]) => value !== "");
  const parsed = v.safeParse(query, Object.fromEntries(said));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new Problem("request", `${v.getDotPath(issue)} ${issue.message}`);
}

/** TURN REST has these four members and no more; XMPP clients also want to know who they are. */
function shape(
  { jid, username, password, mechanism = "PLAIN", authzid, ttl, expires }: MintedCredential,
  service: Service,
  turnUris: readonly string[],
): object {
  const uris = service === "turn" ? turnUris : [];
  const named = { jid, mechanism, ...(authzid !== undefined && { authzid }), expires };
  return { ...(service === "xmpp" && named), username, password, ttl, uris };
}
