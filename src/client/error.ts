/** See {@link LoginError}. */
export type LoginErrorCode = "ERR_INSECURE" | "ERR_MINT" | "ERR_CREDENTIAL" | "ERR_MECHANISM";

/**
 * A login that was not tried; `code` tells why, and stays the same across releases. What the server
 * itself refuses arrives as `@xmpp/client`'s `SASLError`.
 *
 * - `ERR_INSECURE`: the connection is neither encrypted nor to this machine
 * - `ERR_MINT`: no credential could be had (`cause`)
 * - `ERR_CREDENTIAL`: what was minted is not a credential that can be sent
 * - `ERR_MECHANISM`: the server does not offer the mechanism that the credential is for
 */
export class LoginError extends Error {
  override name = "LoginError";
  readonly code: LoginErrorCode;

  constructor(code: LoginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
