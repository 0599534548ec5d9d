import * as v from "valibot";
import { algorithms, profileNames, services } from "../../credential/index.ts";
import { keyStates } from "../../keyring/index.ts";
import { hostName, listOf, oneOf, text } from "./values.ts";

/** Schema of an entry of `keys:`. */
export const key = v.pipe(
  v.strictObject(
    {
      id: text,
      secret: text,
      algorithm: v.exactOptional(oneOf(algorithms)),
      state: v.exactOptional(oneOf(keyStates)),
      hosts: v.exactOptional(listOf(hostName)),
      services: v.exactOptional(listOf(oneOf(services))),
      issuer: v.exactOptional(v.union([text, v.number()], "must be text or a number")),
      profiles: v.exactOptional(
        v.pipe(listOf(oneOf(profileNames)), v.minLength(1, "must name at least one profile")),
      ),
      allow_short: v.exactOptional(v.boolean("must be true or false")),
    },
    "must be a key with an id and a secret",
  ),
  v.transform(({ allow_short, ...rest }) => ({
    ...rest,
    ...(allow_short !== undefined && { allowShort: allow_short }),
  })),
);
