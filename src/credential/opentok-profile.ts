import type { Json } from "./compact.ts";
import { type Expectation, type Grant, isText, judgeIssuer, type Profile } from "./profile.ts";
import type { Reason } from "./reason.ts";
import { isTime } from "./times.ts";

/**
 * A call to OpenTok's REST API: `iss` the API key, a number or text as it was given. It names no
 * user: that it is good says nothing of who holds it.
 */
export const opentokProfile: Profile = {
  maxTtl: 300,
  lacks: ({ issuer }) => (issuer === undefined ? "an issuer, the API key" : undefined),
  claims({ issuer, issuedAt, expires }: Grant): Json {
    return { iss: issuer, ist: "project", iat: issuedAt, exp: expires };
  },
  judge(claims: Json, expected: Expectation): Reason | undefined {
    const { iss, ist, iat, exp } = claims;
    if (!isTime(iat) || !isTime(exp) || !(isText(iss) || typeof iss === "number")) {
      return "malformed";
    }
    return judgeIssuer(claims, expected) ?? (ist === "project" ? undefined : "wrong-service");
  },
};
