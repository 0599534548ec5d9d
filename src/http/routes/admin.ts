import type { Context, Hono } from "hono";
import * as v from "valibot";
import { type BareJid, parseBareJid } from "../../credential/index.ts";
import {
  listSessions,
  type RevocationOutcome,
  revokeCredentialEverywhere,
  revokeEverywhere,
} from "../../sessions/index.ts";
import type { Store } from "../../store/index.ts";
import type { Trust } from "../../verify/index.ts";
import { type AdminOptions, requireAdminKey } from "../auth/admin.ts";
import { createRoute } from "../base-app.ts";
import { Problem } from "../problem.ts";
import { annotate, type RequestLogEnv } from "../request-log.ts";

/** Options of {@link revocations} and {@link sessions}. */
export type RevocationsOptions = Trust & AdminOptions;

const text = v.exactOptional(v.string("must be text"));

const body = v.strictObject(
  {
    jid: text,
    credential: text,
    username: text,
    reason: text,
    longest: v.exactOptional(
      v.pipe(
        v.number("must be a number of seconds"),
        v.integer("must be a whole number of seconds"),
        v.minValue(0, "must not be negative"),
        v.maxValue(1e9, "must be at most 1000000000"),
      ),
    ),
  },
  "must be JSON such as {jid, reason}",
);

type Body = v.InferOutput<typeof body>;

/**
 * `POST /revoke`: revokes all that a user was given until now, or one credential, as `mayfly revoke` does.
 *
 * Takes `{jid, longest, reason}` or `{credential, username, reason}` as JSON, `longest` in seconds, and
 * answers what was done, once the servers that follow the feed have reported: the JSON of `mayfly revoke
 * --json`. Needs an admin key in `Authorization: Bearer`.
 */
export function revocations(options: RevocationsOptions): Hono<RequestLogEnv> {
  const app = createRoute();
  app.use(requireAdminKey(options));
  app.post("/", async (c) => {
    annotate(c, { op: "revoke" });
    const asked = await bodyOf(c);
    const store = storeOf(options);
    const outcome =
      asked.jid === undefined
        ? await revokeOne(asked, { ...options, store })
        : await revokeAll(c, asked, parseBareJid(asked.jid), { ...options, store });
    annotate(c, { ok: true });
    return c.json(outcome);
  });
  return app;
}

/**
 * `GET /sessions?jid=alice@example.com`: the open sessions of a user, as the servers that follow the feed
 * know them: the JSON of `mayfly sessions --json`. Needs an admin key in `Authorization: Bearer`.
 */
export function sessions(options: RevocationsOptions): Hono<RequestLogEnv> {
  const app = createRoute();
  app.use(requireAdminKey(options));
  app.get("/", async (c) => {
    annotate(c, { op: "sessions" });
    const { localpart, host } = parseBareJid(c.req.query("jid") ?? "");
    annotate(c, { user: localpart, host });
    const list = await listSessions(localpart, host, { store: storeOf(options) });
    annotate(c, { ok: true });
    return c.json(list);
  });
  return app;
}

async function revokeAll(
  c: Context<RequestLogEnv>,
  { longest, reason }: Body,
  { localpart, host }: BareJid,
  options: Trust & { store: Store },
): Promise<RevocationOutcome> {
  annotate(c, { user: localpart, host });
  const outcome = await revokeEverywhere(localpart, host, {
    ...options,
    reason,
    ...(longest !== undefined && { longestTtl: longest }),
  });
  if (outcome) return outcome;
  throw new Problem("host", "the host is not served");
}

async function revokeOne(
  { credential = "", username, reason }: Body,
  options: Trust & { store: Store },
): Promise<RevocationOutcome> {
  const outcome = await revokeCredentialEverywhere(credential, { ...options, username, reason });
  if (outcome) return outcome;
  throw new Problem("request", "credential is none: send the whole password or token");
}

async function bodyOf(c: Context): Promise<Body> {
  const parsed = v.safeParse(body, await c.req.json().catch(() => undefined));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const isUnknown = issue.type === "strict_object" && issue.expected === "never";
    const what = isUnknown ? "is not a member" : issue.message;
    throw new Problem("request", `${path ?? "the body"} ${what}`);
  }
  const { jid, credential, username, longest } = parsed.output;
  if ((jid === undefined) === (credential === undefined)) {
    throw new Problem("request", "send a jid or a credential");
  }
  if (jid !== undefined && username !== undefined) {
    throw new Problem("request", "username goes with credential");
  }
  if (credential !== undefined && longest !== undefined) {
    throw new Problem("request", "longest goes with jid");
  }
  return parsed.output;
}

function storeOf({ store }: Trust): Store {
  if (store) return store;
  throw new Problem("forbidden", "revoking needs a store");
}
