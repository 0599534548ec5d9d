/**
 * What a credential is: how it is spelled, signed and taken apart.
 * Pure: no I/O, no configuration; the clock is an argument.
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
} from "./algorithm.ts";
export type { CompactJwt, Json, JwsHeader } from "./compact.ts";
export { whyMalformed } from "./complaint.ts";
export { escapeLocalpart, unescapeLocalpart } from "./escape.ts";
export { fingerprint } from "./fingerprint.ts";
export { hmac, isSame } from "./hmac.ts";
export { type BareJid, type BareJidOptions, parseBareJid } from "./jid.ts";
export { prepareLocalpart } from "./localpart.ts";
export { type MintedCredential, type Service, services } from "./minted.ts";
export {
  inlinePassword,
  isMac,
  mac,
  macToken,
  parseInlinePassword,
  parseUsername,
  username,
} from "./mojoauth.ts";
export { type Presented, takeApart } from "./presented.ts";
export { type ProfileName, profileNames, profiles } from "./profiles.ts";
export type { Reason } from "./reason.ts";
export { judgeTimes } from "./times.ts";
export { hasAudience, judgeJid } from "./xmpp-profile.ts";
