import { encodeOAuthBearer, oauthBearerAcknowledgement, type PlainMessage } from "../sasl/index.ts";
import { sendable } from "./sendable.ts";

/**
 * OAUTHBEARER for a `saslmechanisms` factory, such as `xmpp.saslFactory`; the token is the password.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7628}
 */
export class OAuthBearer {
  #refused = false;

  // An accessor: the factory looks for the name on the prototype.
  get name(): string {
    return "OAUTHBEARER";
  }
  get clientFirst(): boolean {
    return true;
  }
  response(credential: PlainMessage): string {
    if (this.#refused) return oauthBearerAcknowledgement;
    const { password: token, authzid } = sendable(credential);
    return encodeOAuthBearer({ authzid, token });
  }
  /** The only challenge there is refuses the token; the failure follows once that is answered. */
  challenge(): void {
    this.#refused = true;
  }
}
