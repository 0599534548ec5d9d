import * as v from "valibot";
import { services } from "../../credential/index.ts";
import { duration, hostName, listOf, network, oneOf } from "./values.ts";

/** Guests have no account that could be taken from them, so their credentials live shortly. */
const maxGuestTtl = 3600;

/** Schema of `http.guests:`. */
export const guests = v.pipe(
  v.strictObject(
    {
      host: hostName,
      ttl: v.exactOptional(duration(maxGuestTtl)),
      remember: v.exactOptional(duration()),
      per_minute: v.exactOptional(
        v.pipe(
          v.number("must be a number"),
          v.integer("must be a whole number"),
          v.minValue(1, "must be at least 1"),
        ),
      ),
      services: v.exactOptional(
        v.pipe(listOf(oneOf(services)), v.minLength(1, "must name at least one service")),
      ),
      proxies: v.exactOptional(listOf(network)),
    },
    "must be options such as host:",
  ),
  v.transform(({ per_minute, ...rest }) => ({
    ...rest,
    ...(per_minute !== undefined && { perMinute: per_minute }),
  })),
);
