import { createElement } from "ltx";
import { observe } from "../findings/finding.ts";
import { iq, logIn } from "../xmpp/login.ts";
import type { XmppStream } from "../xmpp/stream.ts";
import type { Check, DoctorContext } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

const timeoutMs = 2_000;

/** Sends a message between two random users, the recipient offline, and then collects it. */
export const checkOffline: Check = {
  name: "offline messages",
  waitLabel: "an offline message",
  async run(context) {
    const { abilities, credentials, server } = context;
    // Under another policy the random recipient does not exist, and the bounce is right.
    if (credentials.policy.users !== "any" || !abilities.includes("msgoffline")) return [];
    const recipient = randomUser();
    const isBounced = await withStream(context, randomUser(), (stream) =>
      bounces(stream, `${recipient}@${server.host}`, server.host),
    );
    if (isBounced) {
      const what =
        "a message to an offline user bounces: the server thinks that the user does not exist";
      return [observe("isuser", what)];
    }
    await withStream(context, recipient, async (stream) => {
      stream.send(createElement("presence", { xmlns: "jabber:client" }));
      await stream.waitFor(["message"], timeoutMs);
    });
    return [];
  },
};

/** The server answers in order: a bounce arrives before the answer to the ping. */
async function bounces(stream: XmppStream, to: string, host: string): Promise<boolean> {
  const attrs = { xmlns: "jabber:client", type: "chat", id: "offline", to };
  const hint = createElement("no-permanent-store", { xmlns: "urn:xmpp:hints" });
  const body = createElement("body", {}, "mayfly doctor");
  stream.send(createElement("message", attrs, body, hint));
  const ping = createElement("ping", { xmlns: "urn:xmpp:ping" });
  const answer = await stream.request(iq("get", "ping", ping, host), ["message", "iq"]);
  return answer.name === "message" && answer.attrs.type === "error";
}

async function withStream<T>(
  { credentials, server }: DoctorContext,
  user: string,
  use: (stream: XmppStream) => Promise<T>,
): Promise<T | undefined> {
  const outcome = await logIn(server, { ...(await credentials.fresh(user)), mechanism: "PLAIN" });
  if (!outcome.ok) return undefined;
  try {
    return await use(outcome.stream);
  } finally {
    outcome.stream.close();
  }
}
