import { encodeXOAuth2, type PlainMessage } from "../sasl/index.ts";
import { sendable } from "./sendable.ts";

/**
 * X-OAUTH2 for a `saslmechanisms` factory, such as `xmpp.saslFactory`; the token is the password.
 *
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 */
export class XOAuth2 {
  // An accessor: the factory looks for the name on the prototype.
  get name(): string {
    return "X-OAUTH2";
  }
  get clientFirst(): boolean {
    return true;
  }
  response(credential: PlainMessage): string {
    return encodeXOAuth2(sendable(credential));
  }
  challenge(): void {}
}
