import type { Connection } from "./connection.ts";

const adapted = new WeakSet<Connection>();

/**
 * Makes a client of `@xmpp/client` send the messages of SASL mechanisms in UTF-8 (RFC 4616 section 2,
 * RFC 7628 section 3.1). Version 0.14 sends one byte for each UTF-16 code unit, and throws for those
 * that need two. This replaces the client's own encoding, so that nothing is encoded twice.
 */
export function sendUtf8(connection: Connection): void {
  const { send, saslFactory, fast } = connection;
  if (!send || adapted.has(connection)) return;
  adapted.add(connection);
  let message = "";
  connection.send = (element) => {
    if (element.attrs.mechanism) {
      (element.getChild("initial-response") ?? element).children = [btoa(message)];
    }
    return send.call(connection, element);
  };
  for (const factory of [saslFactory, fast?.saslFactory]) {
    const create = factory?.create.bind(factory);
    if (!factory || !create) continue;
    factory.create = (names) => {
      const mechanism = create(names);
      const respond = mechanism?.response.bind(mechanism);
      if (mechanism && respond) {
        mechanism.response = async (credential) => {
          // FAST's HT-* mechanisms (XEP-0484) append a hash to the username, which is bytes already.
          const username = toBytes(credential.username);
          message = mechanism.name.startsWith("HT-")
            ? await respond({ ...credential, username })
            : toBytes(await respond(credential));
          return message;
        };
      }
      return mechanism;
    };
  }
}

/** Encodes text as UTF-8 in a binary string (one character per byte), the input of `btoa`. */
function toBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
