import { createElement } from "ltx";
import { iq, logIn } from "./login.ts";
import { nobody } from "./mints.ts";
import type { Check, Patient } from "./patient.ts";
import type { Stream } from "./server.ts";
import { saw } from "./sighting.ts";

const patience = 2_000;

/** Whether a message waits for who is offline: from one nobody to another, who takes it away again. */
export const checkOffline: Check = {
  name: "offline messages",
  waitsFor: "an offline message",
  async run(patient) {
    const { abilities, mints, server } = patient;
    // Where who exists is a matter of policy, nobody is right not to.
    if (mints.policy.users !== "any" || !abilities.includes("msgoffline")) return [];
    const recipient = nobody();
    const isBounced = await withStream(patient, nobody(), (stream) =>
      bounces(stream, `${recipient}@${server.host}`, server.host),
    );
    if (isBounced) {
      const what = "a message to a user who is offline comes back: to the server, nobody is there";
      return [saw("isuser", what)];
    }
    await withStream(patient, recipient, async (stream) => {
      stream.send(createElement("presence", { xmlns: "jabber:client" }));
      await stream.hear(["message"], patience);
    });
    return [];
  },
};

/** What is asked behind the message is answered behind what comes back of it. */
async function bounces(stream: Stream, to: string, host: string): Promise<boolean> {
  const attrs = { xmlns: "jabber:client", type: "chat", id: "offline", to };
  const hint = createElement("no-permanent-store", { xmlns: "urn:xmpp:hints" });
  const body = createElement("body", {}, "mayfly doctor");
  stream.send(createElement("message", attrs, body, hint));
  const ping = createElement("ping", { xmlns: "urn:xmpp:ping" });
  const answer = await stream.ask(iq("get", "ping", ping, host), ["message", "iq"]);
  return answer.name === "message" && answer.attrs.type === "error";
}

async function withStream<T>(
  { mints, server }: Patient,
  user: string,
  use: (stream: Stream) => Promise<T>,
): Promise<T | undefined> {
  const outcome = await logIn(server, { ...(await mints.fresh(user)), mechanism: "PLAIN" });
  if (!outcome.ok) return undefined;
  try {
    return await use(outcome.stream);
  } finally {
    outcome.stream.close();
  }
}
