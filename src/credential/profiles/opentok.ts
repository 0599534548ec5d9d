import type { Json } from "../jws.ts";
import type { Reason } from "../reason.ts";
import {
  type ClaimsInput,
  type ExpectedClaims,
  isText,
  isTime,
  type Profile,
  validateIssuer,
} from "./claims.ts";

/**
 * The claims of a token for OpenTok's REST API: `iss` the API key, a number or text as it was given.
 * It names no user, and so does not authenticate one.
 */
export const opentokProfile: Profile = {
  maxTtl: 300,
  missing: ({ issuer }) => (issuer === undefined ? "an issuer, the API key" : undefined),
  claims({ issuer, issuedAt, expires }: ClaimsInput): Json {
    return { iss: issuer, ist: "project", iat: issuedAt, exp: expires };
  },
  validate(claims: Json, expected: ExpectedClaims): Reason | undefined {
    const { iss, ist, iat, exp } = claims;
    if (!isTime(iat) || !isTime(exp) || !(isText(iss) || typeof iss === "number")) {
      return "malformed";
    }
    return validateIssuer(claims, expected) ?? (ist === "project" ? undefined : "wrong-service");
  },
};
