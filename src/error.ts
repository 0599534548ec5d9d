/** See {@link MayflyError}. */
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
  | "ERR_STORE"
  | "ERR_TTL"
  | "ERR_UNAVAILABLE";

/**
 * Every error that Mayfly throws. The `message` is for people and may change; the `code` is for
 * programs and stays:
 *
 * | code | what is wrong |
 * |---|---|
 * | `ERR_CONFIG` | `mayfly.yml`, or what it refers to |
 * | `ERR_KEY` | a key, or its secret |
 * | `ERR_ID` | an identity that no credential is minted for |
 * | `ERR_HOST` | a host that is not served |
 * | `ERR_TTL` | a lifetime that would be refused |
 * | `ERR_NO_KEY` | no key mints what was asked for |
 * | `ERR_REQUEST` | a request whose parts do not go together |
 * | `ERR_STORE` | a store that cannot be reached, opened or read (`cause`) |
 * | `ERR_INSECURE` | a client's connection that is neither encrypted nor to this machine |
 * | `ERR_MINT` | a client gets no credential; its user has to sign in again |
 * | `ERR_CREDENTIAL` | a client got a credential that cannot be sent |
 * | `ERR_MECHANISM` | the server does not offer the mechanism that a credential is for |
 * | `ERR_REFUSED` | the server refuses a client even with a fresh credential (`cause`) |
 * | `ERR_UNAVAILABLE` | the server cannot log a client in now; it connects again (`cause`) |
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
