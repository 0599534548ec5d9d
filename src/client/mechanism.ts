import type { MintedCredential } from "../credential/credential.ts";
import { MayflyError } from "../error.ts";
import {
  encodeOAuthBearer,
  encodePlain,
  oauthBearerAcknowledgement,
  type PlainMessage,
  parseOAuthBearerError,
} from "../sasl/index.ts";

/** A SASL mechanism, which a `saslmechanisms` factory such as `xmpp.saslFactory` creates for each login. */
export interface Mechanism {
  name: string;
  clientFirst: boolean;
  /** @throws {@link MayflyError} `ERR_CREDENTIAL` */
  response(credential: PlainMessage): string;
  challenge(message?: string): void;
}

type MechanismClass = new () => Mechanism;

/** What is given to a mechanism: a credential, or a question (XEP-0493) with who hears the answer. */
interface Presented extends PlainMessage {
  discover?: (openidConfiguration: string | undefined) => void;
}

/**
 * Creates a mechanism with one message.
 *
 * @param end - response to the only challenge that a server may send
 * @param onChallenge - called with that challenge
 */
function defineMechanism(
  name: string,
  encode: typeof encodePlain,
  end = "",
  onChallenge: (presented: Presented, challenge: string) => void = () => {},
): MechanismClass {
  function create(): Mechanism {
    let challenge: string | undefined;
    return {
      name,
      clientFirst: true,
      response(presented: Presented) {
        if (challenge !== undefined) {
          onChallenge(presented, challenge);
          return end;
        }
        const isQuestion = presented.discover !== undefined;
        return encode(isQuestion ? { username: "", password: "" } : assertPrintable(presented));
      },
      challenge(message = "") {
        challenge = message;
      },
    };
  }
  create.prototype.name = name; // the factory reads it there
  return create as unknown as MechanismClass;
}

/**
 * The mechanism X-OAUTH2; the token is the password.
 *
 * @see {@link https://developers.google.com/talk/jep_extensions/oauth}
 */
export const XOAuth2: MechanismClass = /* @__PURE__ */ defineMechanism("X-OAUTH2", encodePlain);

/**
 * The mechanism OAUTHBEARER; the token is the password. To refuse it, a server sends a challenge, and the
 * failure after the client's response.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7628}
 */
export const OAuthBearer: MechanismClass = /* @__PURE__ */ defineMechanism(
  "OAUTHBEARER",
  ({ password: token, authzid }) => encodeOAuthBearer({ token, authzid }),
  oauthBearerAcknowledgement,
  ({ discover }, challenge) => {
    discover?.(parseOAuthBearerError(challenge)?.["openid-configuration"]);
  },
);

/**
 * Chooses the mechanism for a credential: the one it was minted for; else SCRAM for a MojoAuth username,
 * because it does not send the MAC; else PLAIN, which carries every credential. X-OAUTH2 and OAUTHBEARER
 * come last: a server that offers them may accept only another issuer's tokens.
 *
 * @throws {@link MayflyError} `ERR_MECHANISM` if the server offers none of them
 */
export function chooseMechanism(
  { mechanism, username }: MintedCredential,
  offered: string[],
): string {
  // `@xmpp/client` 0.14 encodes other usernames incorrectly in SCRAM, so that its proof is wrong.
  const scram = /^\d+:[ -~]+$/.test(username) ? ["SCRAM-SHA-1"] : [];
  const suitable = mechanism ? [mechanism] : [...scram, "PLAIN", "X-OAUTH2", "OAUTHBEARER"];
  const chosen = suitable.find((name) => offered.includes(name));
  if (chosen) return chosen;
  const message = `the server offers ${offered.join(", ")}, and not ${suitable.join(" or ")}`;
  throw new MayflyError("ERR_MECHANISM", message);
}

/**
 * Returns the fields of a credential to send. Refuses control characters, which would end a field early,
 * and unpaired surrogates, which UTF-8 cannot encode.
 *
 * @throws {@link MayflyError} `ERR_CREDENTIAL`
 */
export function assertPrintable({ username, password, authzid }: PlainMessage): PlainMessage {
  const fields = { username, password, ...(authzid && { authzid }) };
  for (const [name, value] of Object.entries(fields)) {
    if (!value?.match?.(/^[^\p{Cc}\p{Cs}]+$/u)) {
      throw new MayflyError("ERR_CREDENTIAL", `no ${name} in text without control characters`);
    }
  }
  return fields;
}
