import * as v from "valibot";
import { algorithms, formats, publicAlgorithms, services } from "../credential/index.ts";
import { keyStates } from "../keyring/index.ts";
import { parseDuration } from "./duration.ts";

const text = v.pipe(
  v.string("must be text (put numbers in quotes)"),
  v.nonEmpty("must not be empty"),
);

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `must be one of ${values.join(", ")}`);

const listOf = <T extends v.GenericSchema>(item: T) => v.array(item, "must be a list");

const duration = (longest = Number.POSITIVE_INFINITY) =>
  v.pipe(
    v.union([v.string(), v.number()], "must be a duration such as 90s, 10m or 24h"),
    v.transform((value) => parseDuration(String(value))),
    v.number("must be a duration such as 90s, 10m or 24h"),
    v.maxValue(longest, `must be at most ${longest}s`),
  );

const key = v.strictObject(
  {
    id: text,
    secret: text,
    algorithm: v.exactOptional(oneOf(algorithms)),
    state: v.exactOptional(oneOf(keyStates)),
    hosts: v.exactOptional(listOf(text)),
    services: v.exactOptional(listOf(oneOf(services))),
    issuer: v.exactOptional(v.union([text, v.number()], "must be text or a number")),
  },
  "must be a key with an id and a secret",
);

const users = v.union(
  [v.picklist(["any", "none", "seen"]), v.pipe(v.string(), v.regex(/^https?:\/\//))],
  "must be any, none, seen, or a URL to ask",
);

const host = v.pipe(
  v.strictObject(
    {
      ttl: v.exactOptional(duration()),
      max_ttl: v.exactOptional(duration()),
      leeway: v.exactOptional(duration(60)),
      formats: v.exactOptional(listOf(oneOf(formats))),
      host_bound: v.exactOptional(v.boolean("must be true or false")),
      single_use: v.exactOptional(v.boolean("must be true or false")),
      users: v.exactOptional(users),
    },
    "must be a host's policy, {} for the defaults",
  ),
  v.transform(({ max_ttl, host_bound, single_use, ...policy }) => ({
    ...policy,
    ...(single_use !== undefined && { singleUse: single_use }),
    ...(max_ttl !== undefined && { maxTtl: max_ttl }),
    ...(host_bound !== undefined && { hostBound: host_bound }),
  })),
);

const issuer = v.strictObject(
  {
    issuer: text,
    jwks: v.pipe(text, v.regex(/^(https?|file):/, "must be an https: URL or file:PATH")),
    algorithms: v.pipe(
      listOf(oneOf(publicAlgorithms)),
      v.minLength(1, "must name at least one algorithm"),
    ),
    audience: text,
    user: v.exactOptional(text),
    hosts: v.exactOptional(listOf(text)),
  },
  "must be an issuer with its jwks, algorithms and audience",
);

const origin = v.pipe(text, v.check(isOrigin, "must be an origin such as https://app.example.com"));

const jitsi = v.strictObject(
  {
    origins: v.pipe(listOf(origin), v.minLength(1, "must name at least one origin")),
    key: v.exactOptional(text),
    audience: v.exactOptional(text),
    subject: v.exactOptional(text),
    token: v.exactOptional(oneOf(["query", "fragment"])),
  },
  "must be options such as origins:",
);

const http = v.pipe(
  v.strictObject(
    {
      listen: v.exactOptional(text),
      api_keys: v.exactOptional(listOf(text)),
      backend_secret: v.exactOptional(text),
      origins: v.exactOptional(listOf(origin)),
      turn_uris: v.exactOptional(
        listOf(
          v.pipe(text, v.regex(/^(turn|stun)s?:/, "must be a URI such as turn:turn.example.com")),
        ),
      ),
      jitsi: v.exactOptional(jitsi),
    },
    "must be options such as listen:",
  ),
  v.transform(({ api_keys, backend_secret, turn_uris, ...rest }) => ({
    ...rest,
    ...(api_keys && { apiKeys: api_keys }),
    ...(backend_secret !== undefined && { backendSecret: backend_secret }),
    ...(turn_uris && { turnUris: turn_uris }),
  })),
);

/** The whole of `mayfly.yml`. */
export const schema = v.strictObject(
  {
    keys: v.pipe(listOf(key), v.minLength(1, "must hold at least one key")),
    issuers: v.exactOptional(listOf(issuer)),
    store: v.exactOptional(text),
    log: v.exactOptional(
      v.strictObject(
        {
          level: v.exactOptional(oneOf(["debug", "info", "warn", "error"])),
          file: v.exactOptional(text),
        },
        "must be options such as level: and file:",
      ),
    ),
    http: v.exactOptional(http),
    hosts: v.exactOptional(v.record(v.string(), host, "must map hosts to their policies")),
  },
  "must be options such as keys: and hosts:",
);

/** Says what is wrong with an option, never what stands there: it may be a secret. */
export function complaint(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== "strict_object" || issue.expected === "Object") return issue.message;
  return issue.expected === "never" ? "is not an option" : "is missing";
}

function isOrigin(value: string): boolean {
  return /^https?:[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
