import { encodeOAuthBearer, oauthBearerAcknowledgement } from "../sasl/index.ts";
import { insistOnSendable, type Sendable } from "./sendable.ts";

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

  response(credential: Sendable): string {
    if (this.#refused) return oauthBearerAcknowledgement;
    insistOnSendable(credential);
    const { password: token, authzid } = credential;
    return encodeOAuthBearer({ ...(authzid && { authzid }), token });
  }

  /** The only challenge there is refuses the token; the failure comes once it is answered. */
  challenge(): this {
    this.#refused = true;
    return this;
  }
}
