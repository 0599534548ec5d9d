import * as v from "valibot";
import { listOf, oneOf, origin, text } from "./values.ts";

const claimRule = v.strictObject(
  {
    claim: text,
    has: v.pipe(
      listOf(v.union([text, v.number(), v.boolean()], "must be text, a number, true or false")),
      v.minLength(1, "must name at least one value"),
    ),
  },
  "must be { claim: NAME, has: [VALUE] }",
);

const jitsiClaims = v.strictObject(
  {
    name: v.exactOptional(text),
    email: v.exactOptional(text),
    avatar: v.exactOptional(text),
    group: v.exactOptional(text),
    moderator: v.exactOptional(claimRule),
    features: v.exactOptional(
      v.record(
        v.pipe(text, v.regex(/^[a-z][\w-]*$/i, "must be the name of a feature, such as recording")),
        claimRule,
        "must map features to their rules",
      ),
    ),
  },
  "must be options such as name: and moderator:",
);

/** Schema of `http.jitsi:`. */
export const jitsi = v.strictObject(
  {
    origins: v.pipe(listOf(origin), v.minLength(1, "must name at least one origin")),
    key: v.exactOptional(text),
    audience: v.exactOptional(text),
    subject: v.exactOptional(text),
    token: v.exactOptional(oneOf(["query", "fragment"])),
    claims: v.exactOptional(jitsiClaims),
  },
  "must be options such as origins:",
);
