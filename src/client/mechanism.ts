import {
  encodeOAuthBearer,
  encodePlain,
  oauthBearerAcknowledgement,
  type PlainMessage,
} from "../sasl/index.ts";
import { sendable } from "./sendable.ts";

/** What a `saslmechanisms` factory, such as `xmpp.saslFactory`, makes for each login. */
export interface Mechanism {
  name: string;
  clientFirst: boolean;
  /** @throws {@link MayflyError} `ERR_CREDENTIAL` */
  response(credential: PlainMessage): string;
  challenge(): void;
}

type MechanismClass = new () => Mechanism;

/**
 * Makes a mechanism of one message.
 *
 * @param end - what the only challenge there may be is answered with
 */
function mechanism(name: string, encode: typeof encodePlain, end = ""): MechanismClass {
  function Mechanism(): Mechanism {
    let isChallenged = false;
    return {
      name,
      clientFirst: true,
      response: (credential) => (isChallenged ? end : encode(sendable(credential))),
      challenge() {
        isChallenged = true;
      },
    };
  }
  Mechanism.prototype.name = name; // where the factory looks for it
  return Mechanism as unknown as MechanismClass;
}

/**
 * X-OAUTH2; the token is the password.
 *
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 */
export const XOAuth2: MechanismClass = /* @__PURE__ */ mechanism("X-OAUTH2", encodePlain);

/**
 * OAUTHBEARER; the token is the password. A challenge refuses it, and the failure follows once that is
 * answered.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7628}
 */
export const OAuthBearer: MechanismClass = /* @__PURE__ */ mechanism(
  "OAUTHBEARER",
  ({ password: token, authzid }) => encodeOAuthBearer({ token, authzid }),
  oauthBearerAcknowledgement,
);
