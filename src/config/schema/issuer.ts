import * as v from "valibot";
import { publicAlgorithms } from "../../credential/index.ts";
import { claimForms } from "../../keyring/index.ts";
import { hostName, listOf, oneOf, text } from "./values.ts";

const claimValue = v.union([text, v.number(), v.boolean()], "must be a value, or a list of values");

const introspection = v.pipe(
  v.strictObject(
    { client_id: text, client_secret: text, endpoint: v.exactOptional(text) },
    "must be options such as client_id: and client_secret:",
  ),
  v.transform(({ client_id, client_secret, endpoint }) => ({
    clientId: client_id,
    clientSecret: client_secret,
    ...(endpoint !== undefined && { endpoint }),
  })),
);

/** Schema of `require:`: the values that claims of a token must have. */
export const requiredClaims = v.record(
  text,
  v.union(
    [claimValue, v.pipe(v.array(claimValue), v.minLength(1, "must name at least one value"))],
    "must be a value, or a list of values",
  ),
  "must map claims to their values",
);

/** Schema of an entry of `issuers:`. */
export const issuer = v.pipe(
  v.strictObject(
    {
      issuer: text,
      jwks: v.exactOptional(
        v.pipe(text, v.regex(/^(https?|file):/, "must be an https: URL or file:PATH")),
      ),
      algorithms: v.exactOptional(
        v.pipe(listOf(oneOf(publicAlgorithms)), v.minLength(1, "must name at least one algorithm")),
        [...publicAlgorithms],
      ),
      audience: v.exactOptional(text),
      user: v.exactOptional(text),
      name: v.exactOptional(oneOf(claimForms)),
      domains: v.exactOptional(
        v.pipe(listOf(hostName), v.minLength(1, "must name at least one domain")),
      ),
      hosts: v.exactOptional(listOf(hostName)),
      logout_audience: v.exactOptional(text),
      require: v.exactOptional(requiredClaims),
      introspection: v.exactOptional(introspection),
      userinfo: v.exactOptional(v.literal(true, "must be true, or left out")),
    },
    "must be an issuer",
  ),
  v.check(
    ({ name, domains }) => (name === "before-at") === (domains !== undefined),
    "must have domains: with name: before-at, and only then",
  ),
  v.check(
    ({ issuer: name, jwks }) => jwks !== undefined || /^https?:\/\//.test(name),
    "must have jwks:, or an https: URL as issuer:, below which its metadata are",
  ),
  v.check(
    ({ introspection: asked, userinfo }) => !asked || !userinfo,
    "must have introspection: or userinfo:, not both",
  ),
  v.check(
    ({ userinfo, audience }) => !userinfo || audience === undefined,
    "must not have audience: with userinfo:, which does not say for whom a token is",
  ),
  v.check(
    ({ introspection: asked, userinfo, audience, hosts }) =>
      (!asked && !userinfo) || hosts !== undefined || (!userinfo && audience !== undefined),
    "must have hosts: with introspection: or userinfo:, because an opaque token names none",
  ),
  v.check(
    ({ require = {}, audience, hosts }) =>
      audience !== undefined ||
      hosts !== undefined ||
      !(Object.hasOwn(require, "azp") || Object.hasOwn(require, "client_id")),
    "must have hosts: or audience: where require: names the client alone",
  ),
  v.transform(({ logout_audience, ...rest }) => ({
    ...rest,
    ...(logout_audience !== undefined && { logoutAudience: logout_audience }),
  })),
);
