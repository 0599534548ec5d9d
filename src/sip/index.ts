/**
 * Keeps a SIP telephone registered with minted credentials: for JsSIP and SIP.js, in browsers and in Node,
 * without dependencies.
 *
 * @module
 */
export { type ErrorCode, MayflyError } from "../error.ts";
export { type JsSipUserAgent, renewJsSip } from "./jssip.ts";
export type { Renewal, RenewalEvents } from "./renewal.ts";
export {
  type CredentialSource,
  type LoginEvents,
  type SipCredential,
  type SipLogin,
  sipLogin,
} from "./sip-login.ts";
export { renewSipJs, type SipJsRegisterer, type SipJsUserAgent } from "./sipjs.ts";
