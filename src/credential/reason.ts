/** The reasons to refuse a credential, each with its meaning for people. */
export const reasons = {
  malformed: "not a credential, or not in a format that the host accepts",
  "unknown-key": "no key can have signed it: none of its format, or none with its kid",
  "bad-signature": "signed by none of the keys for this user on this host",
  expired: "its time is over",
  "not-yet-valid": "its time has not come: compare the clocks",
  "too-long-lived": "it lives longer than max_ttl of the host, or than its profile allows",
  "wrong-user": "it is for another user, or names none",
  "wrong-host": "it is for another host, or the host is not served",
  "wrong-audience": "its aud is another audience",
  "wrong-issuer": "its iss is another issuer",
  "missing-scope": "its scope does not allow to log in",
  "missing-claim": "it lacks a claim that require: of its issuer names, or has another value",
  inactive: "its issuer says that it is not active: expired, revoked or unknown",
  "wrong-service": "it is for another service, or a token of another type",
  revoked: "it was revoked",
  "already-used": "it was good for one login, and was used",
  "store-unavailable": "the store, an issuer's keys or the configuration could not be read",
} as const;

/** The reason that a credential is refused for: a key of {@link reasons}. */
export type Reason = keyof typeof reasons;

/** The reasons of refusals that are not about a credential. */
const otherReasons = {
  nonsense: "what came over the socket was no request",
  request: "what came over HTTP could not be understood",
};

const meanings: Readonly<Record<string, string>> = { ...reasons, ...otherReasons };

/** The meaning of a reason, for people; empty where it is not known. */
export function describeReason(reason: string): string {
  return meanings[reason] ?? "";
}
