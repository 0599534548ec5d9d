import * as v from "valibot";
import { host } from "./host.ts";
import { http } from "./http.ts";
import { issuer } from "./issuer.ts";
import { key } from "./key.ts";
import { hostName, listOf, oneOf, text } from "./values.ts";

const file = v.strictObject(
  {
    keys: v.exactOptional(v.pipe(listOf(key), v.minLength(1, "must hold at least one key"))),
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
    feed: v.exactOptional(
      v.strictObject(
        { sockets: v.pipe(listOf(text), v.minLength(1, "must name at least one socket")) },
        "must be options such as sockets:",
      ),
    ),
    hosts: v.exactOptional(
      v.record(v.union([v.literal("*"), hostName]), host, "must map hosts to their policies"),
    ),
  },
  "must be options such as keys: and hosts:",
);

/** Schema of `mayfly.yml`. `keys` may be absent only if there are `issuers`. */
export const schema = v.pipe(
  file,
  v.forward(
    v.check(({ keys, issuers = [] }) => keys !== undefined || issuers.length > 0, "is missing"),
    ["keys"],
  ),
);

/** Describes a validation issue without quoting the value, which may be a secret. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== "strict_object" || issue.expected === "Object") return issue.message;
  return issue.expected === "never" ? "is not an option" : "is missing";
}
