import * as v from "valibot";
import { claimForms } from "../../keyring/index.ts";
import { requiredClaims } from "./issuer.ts";
import {
  duration,
  hostName,
  isSecureUrl,
  listOf,
  network,
  oneOf,
  secureUrl,
  text,
} from "./values.ts";

/** Schema of `http.trusted_header:`. */
export const trustedHeader = v.strictObject(
  {
    name: v.pipe(
      text,
      v.regex(/^[A-Za-z][A-Za-z0-9-]*$/, "must be the name of a header, such as Remote-User"),
    ),
    proxies: v.pipe(listOf(network), v.minLength(1, "must name at least one proxy")),
    host: hostName,
    domains: v.exactOptional(
      v.pipe(listOf(hostName), v.minLength(1, "must name at least one domain")),
    ),
  },
  "must be options such as name: and proxies:",
);

/** Schema of `http.sign_in:`. */
export const signIn = v.pipe(
  v.strictObject(
    {
      issuer: secureUrl,
      client_id: text,
      client_secret: text,
      url: secureUrl,
      host: hostName,
      scope: v.exactOptional(
        v.pipe(text, v.regex(/(^| )openid( |$)/, "must contain openid, such as openid profile")),
      ),
      user: v.exactOptional(text),
      name: v.exactOptional(oneOf(claimForms)),
      domains: v.exactOptional(
        v.pipe(listOf(hostName), v.minLength(1, "must name at least one domain")),
      ),
      require: v.exactOptional(requiredClaims),
      max_age: v.exactOptional(duration()),
    },
    "must be options such as issuer: and client_id:",
  ),
  v.check(
    ({ name, domains }) => (name === "before-at") === (domains !== undefined),
    "must have domains: with name: before-at, and only then",
  ),
  v.transform(({ client_id, client_secret, max_age, ...rest }) => ({
    ...rest,
    clientId: client_id,
    clientSecret: client_secret,
    ...(max_age !== undefined && { maxAge: max_age }),
  })),
);

/** Schema of `http.chat:`. */
export const chat = v.strictObject(
  {
    service: v.pipe(
      text,
      v.check(
        (value) => /^wss?:/.test(value) && isSecureUrl(value.replace(/^ws/, "http")),
        "must be a wss: URL, such as wss://chat.example.com/ws",
      ),
    ),
    converse: v.exactOptional(text),
  },
  "must be options such as service:",
);
