/** What reasons of refusals mean, for people. */
const meanings: Readonly<Record<string, string>> = {
  malformed: "not a credential, or not in a format that the host takes",
  "unknown-key": "no key of this keyring can have signed it",
  "bad-signature": "signed by none of the keys for this user on this host",
  expired: "its time is over",
  "not-yet-valid": "its time has not come: compare the clocks",
  "too-long-lived": "it lives longer than max_ttl of the host",
  "wrong-user": "it is for another user",
  "wrong-host": "it is for another host, or the host is not served",
  "wrong-audience": "its audience is somebody else",
  "wrong-issuer": "it is from another issuer",
  "missing-scope": "its scope does not allow to log in",
  "wrong-service": "it is for another service",
  revoked: "it was revoked",
  "already-used": "it was good for one login",
  "store-unavailable": "the store, or an issuer's keys, could not be asked",
  nonsense: "what came over the socket was no request",
  request: "what came over HTTP could not be understood",
};

/** What a reason means, where that is known. */
export function meaningOf(reason: string): string {
  return meanings[reason] ?? "";
}
