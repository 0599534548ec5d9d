/**
 * Why a credential is refused:
 *
 * | reason | what is wrong |
 * |---|---|
 * | `malformed` | it is not a credential, or not in a format that the host takes |
 * | `unknown-key` | no key can have signed it: none of its format, or none with its `kid` |
 * | `bad-signature` | no key did sign it, for this user on this host |
 * | `expired` | its time is over |
 * | `not-yet-valid` | its time has not come |
 * | `too-long-lived` | it lives longer than the host or the profile allows |
 * | `wrong-user` | it is for another user, or for nobody |
 * | `wrong-host` | it is for another host, or the host is not served |
 * | `wrong-audience` | its `aud` is for others |
 * | `wrong-issuer` | its `iss` is not who it must be |
 * | `missing-scope` | its `scope` does not allow to log in |
 * | `wrong-service` | it is for another service, or a token of another type |
 * | `revoked` | it was revoked |
 * | `already-used` | it was good once |
 * | `store-unavailable` | what is needed to decide is out of reach: the state, an issuer's keys, the configuration |
 */
export type Reason =
  | "malformed"
  | "unknown-key"
  | "bad-signature"
  | "expired"
  | "not-yet-valid"
  | "too-long-lived"
  | "wrong-user"
  | "wrong-host"
  | "wrong-audience"
  | "wrong-issuer"
  | "missing-scope"
  | "wrong-service"
  | "revoked"
  | "already-used"
  | "store-unavailable";
