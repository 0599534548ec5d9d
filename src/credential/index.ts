/**
 * What a credential is: how it is spelled, signed and taken apart.
 * Pure: no I/O, no configuration; the clock is an argument.
 *
 * @module
 */
export { type BareJid, IdError, parseBareJid } from "./jid.ts";
export type { MintedCredential, Service } from "./minted.ts";
export { services } from "./minted.ts";
export {
  type Hash,
  hashes,
  inlinePassword,
  isMac,
  mac,
  parseInlinePassword,
  parseUsername,
  type Username,
  username,
} from "./mojoauth.ts";
