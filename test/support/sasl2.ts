import { createHmac, randomUUID } from "node:crypto";
import { createElement, type Element } from "ltx";
import type { Service } from "./login.ts";
import type { Sasl } from "./mechanisms.ts";
import { bind } from "./raw-login.ts";
import { openRawStream, type RawStream } from "./raw-stream.ts";

const sasl2 = "urn:xmpp:sasl:2";
const fast = "urn:xmpp:fast:0";

/**
 * Logs in and out by SASL2 (XEP-0388) over a WebSocket, as `from` in the stream's header: the bare
 * JID that was bound, or why none was.
 */
export function sasl2Outcome(
  server: Service,
  from: string,
  exchange: (sasl: Sasl) => Promise<string>,
): Promise<string> {
  return inStream(server, from, async (stream) => {
    const respond = (response: string) =>
      stream.negotiate(createElement("response", { xmlns: sasl2 }, base64(response)));
    const answer = await exchange({
      authenticate: (mechanism, response) => stream.negotiate(authenticate(mechanism, response)),
      respond,
    });
    return answer === "success" ? bind(stream) : answer;
  });
}

/** Logs in twice: with a password, and with the token that it gets for it (XEP-0484). */
export async function fastOutcome(server: Service, jid: string, password: string): Promise<string> {
  const [user = ""] = jid.split("@");
  const mechanism = "HT-SHA-256-NONE";
  const agent = createElement("user-agent", { id: randomUUID() });
  const token = await inStream(server, jid, async (stream) => {
    const wanted = createElement("request-token", { xmlns: fast, mechanism });
    const login = authenticate("PLAIN", `\0${user}\0${password}`, agent, wanted);
    const success = await stream.ask(login, ["success", "failure", "stream:error"]);
    return success.getChild("token", fast)?.getAttr("token") ?? String(success);
  });
  return inStream(server, jid, async (stream) => {
    const mac = createHmac("sha256", token).update("Initiator").digest();
    const message = Buffer.concat([Buffer.from(`${user}\0`), mac]);
    const used = createElement("fast", { xmlns: fast });
    const answer = await stream.negotiate(authenticate(mechanism, message, agent, used));
    return answer === "success" ? bind(stream) : answer;
  });
}

async function inStream(
  server: Service,
  from: string,
  talk: (stream: RawStream) => Promise<string>,
): Promise<string> {
  const stream = await openRawStream(server, from.replace(/.*@/, ""), from);
  try {
    await stream.open();
    return await talk(stream);
  } finally {
    await stream.close();
  }
}

function authenticate(
  mechanism: string,
  response: string | Buffer | undefined,
  ...more: Element[]
): Element {
  const initial = createElement("initial-response", {}, base64(response ?? ""));
  const children = response === undefined ? more : [initial, ...more];
  return createElement("authenticate", { xmlns: sasl2, mechanism }, ...children);
}

function base64(message: string | Buffer): string {
  return Buffer.from(message).toString("base64") || "=";
}
