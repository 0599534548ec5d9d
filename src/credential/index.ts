/**
 * The formats of a credential: how it is encoded, signed and parsed.
 * Pure: no I/O, no configuration; the time is an argument.
 *
 * @module
 */
export {
  type Algorithm,
  algorithms,
  type Format,
  formats,
  type Hash,
  isHash,
  isPublic,
  type JwsAlgorithm,
  type PublicAlgorithm,
  publicAlgorithms,
} from "./algorithms.ts";
export { type MintedCredential, type Service, services } from "./credential.ts";
export { fingerprint, opaqueFingerprint } from "./fingerprint.ts";
export { escapeLocalpart, fromSipId, toSipId, unescapeLocalpart } from "./jid/escape.ts";
export { type BareJid, type BareJidOptions, parseBareJid } from "./jid/jid.ts";
export { jidOfName, type LocalpartOptions, localpart, type NamedUser } from "./jid/name.ts";
export { hostToWrite, prepareHost, prepareLocalpart } from "./jid/parts.ts";
export { type Json, type JwsHeader, maxTokenBytes, type ParsedJwt } from "./jws.ts";
export { signJws, verifyJws } from "./jws-signature.ts";
export { constantTimeEqual, hmac, type MacInput } from "./mac/hmac.ts";
export {
  inlinePassword,
  isMacShaped,
  isValidMac,
  mac,
  macToken,
  parseInlinePassword,
  parseUsername,
  username,
} from "./mojoauth.ts";
export {
  explainMalformed,
  type MojoauthForm,
  type ParsedCredential,
  parseCredential,
} from "./parse.ts";
export { isTime, validateTimes } from "./profiles/claims.ts";
export { type ProfileName, profileNames, profiles } from "./profiles/index.ts";
export { isWebAddress, type JitsiContext, jitsiAffiliations } from "./profiles/jitsi-context.ts";
export { hasAudience, validateJid } from "./profiles/xmpp.ts";
export { describeReason, type Reason, reasons } from "./reason.ts";
export { findSlips, isInMilliseconds } from "./slips.ts";
export { type Subject, subjectOf } from "./subject.ts";
