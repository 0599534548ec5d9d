/**
 * Decides on logins: by the policy of the host, the keyring, and a store where there is one.
 *
 * @module
 */

export { isSigned, type SignedQuery } from "./is-signed.ts";
export { userIn, validateIssuerClaims } from "./issuer-claims.ts";
export {
  type LogoutRefusal,
  type LogoutToken,
  linksOf,
  verifyLogoutToken,
} from "./logout-token.ts";
export { listMacs, type MacRequest, type MacResult } from "./macs.ts";
export {
  type RevokeCredentialOptions,
  type RevokeUserOptions,
  revokeCredential,
  revokeUser,
} from "./revocation.ts";
export type { Accepted, Decision, Refused, Trust, VerifyOptions, VerifyRequest } from "./types.ts";
export { createUserLookup, type UserLookupOptions } from "./user-lookup.ts";
export { decide, userExists, verify } from "./verify.ts";
