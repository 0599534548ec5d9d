import * as v from "valibot";
import { formats } from "../../credential/index.ts";
import { maxLeeway } from "../../policy.ts";
import { duration, listOf, oneOf } from "./values.ts";

const users = v.union(
  [v.picklist(["any", "none", "seen"]), v.pipe(v.string(), v.regex(/^https?:\/\//))],
  "must be any, none, seen, or a URL to ask",
);

/** Schema of the policy of a host, an entry of `hosts:`. */
export const host = v.pipe(
  v.strictObject(
    {
      ttl: v.exactOptional(duration()),
      max_ttl: v.exactOptional(duration()),
      leeway: v.exactOptional(duration(maxLeeway)),
      formats: v.exactOptional(listOf(oneOf(formats))),
      host_bound: v.exactOptional(v.boolean("must be true or false")),
      scram: v.exactOptional(v.boolean("must be true or false")),
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
