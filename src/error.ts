/** Code of a {@link MayflyError}; its table says what each means. */
export type ErrorCode =
  | "ERR_CONFIG"
  | "ERR_CREDENTIAL"
  | "ERR_HOST"
  | "ERR_ID"
  | "ERR_INSECURE"
  | "ERR_KEY"
  | "ERR_MECHANISM"
  | "ERR_MINT"
  | "ERR_NO_KEY"
  | "ERR_REFUSED"
  | "ERR_REQUEST"
  | "ERR_REVOKED"
  | "ERR_STORE"
  | "ERR_TTL"
  | "ERR_UNAVAILABLE";

/**
 * The error class of everything that Mayfly throws. `message` is for people and may change; `code` is for
 * programs and is stable.
 *
 * From `mayfly`, `mayfly/jwks`, `mayfly/store` and the command line:
 *
 * | code | meaning |
 * |---|---|
 * | `ERR_CONFIG` | `mayfly.yml`, or a file it refers to, is missing or invalid |
 * | `ERR_KEY` | a key or its secret is invalid |
 * | `ERR_ID` | no credential is minted for this identity, because it is not a valid one |
 * | `ERR_HOST` | the host is not served |
 * | `ERR_TTL` | the lifetime is out of range, and the credential would be refused |
 * | `ERR_NO_KEY` | no key mints the requested credential |
 * | `ERR_REQUEST` | options or parameters are invalid or contradict each other |
 * | `ERR_STORE` | the store cannot be reached, opened or read (`cause`) |
 *
 * From `mayfly/client`:
 *
 * | code | meaning |
 * |---|---|
 * | `ERR_INSECURE` | the connection is neither encrypted nor to this machine |
 * | `ERR_MINT` | the client got no credential (`cause`), or one for another user; the user must sign in again |
 * | `ERR_CREDENTIAL` | the client got a credential that cannot be sent |
 * | `ERR_MECHANISM` | the server does not offer the SASL mechanism that the credential is for |
 * | `ERR_REFUSED` | the server refused the login, even with a new credential (`cause`) |
 * | `ERR_REVOKED` | the server ended the session, or refused a new credential, because what the user was given is revoked (`cause`); the client does not reconnect |
 * | `ERR_UNAVAILABLE` | no credential could be minted now, or the server could not verify it now; the client reconnects (`cause`) |
 *
 * `mayfly/http` answers errors as a `Problem` and throws none of its own.
 *
 * @example
 * ```ts
 * try {
 *   await mint({ jid }, { keyring });
 * } catch (error) {
 *   if (error instanceof MayflyError && error.code === "ERR_ID") return c.text(error.message, 400);
 *   throw error;
 * }
 * ```
 */
export class MayflyError extends Error {
  override name = "MayflyError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
