import { createHmac, randomUUID } from "node:crypto";
import { createElement, type Element } from "ltx";
import { bind } from "../raw-login.ts";
import { openRawStream, type RawStream } from "../raw-stream.ts";
import type { Service } from "../xmpp-client.ts";
import type { Sasl } from "./sasl-mechanisms.ts";

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

/** A token of FAST (XEP-0484), for one client. */
export interface FastToken {
  token: string;
  /** When it says that it ends, in Unix seconds. */
  expires: number;
  agent: Element;
}

const fastMechanism = "HT-SHA-256-NONE";

/** Logs in with a password and asks for a token: the token, or what the server says in its place. */
export async function getFastToken(
  server: Service,
  jid: string,
  password: string,
): Promise<FastToken | string> {
  const [user = ""] = jid.split("@");
  const agent = createElement("user-agent", { id: randomUUID() });
  return inStream(server, jid, async (stream) => {
    const wanted = createElement("request-token", { xmlns: fast, mechanism: fastMechanism });
    const login = authenticate("PLAIN", `\0${user}\0${password}`, agent, wanted);
    const success = await stream.ask(login, ["success", "failure", "stream:error"]);
    const given = success.getChild("token", fast)?.attrs;
    if (!given) return String(success);
    return { token: given.token, expires: Date.parse(given.expiry) / 1000, agent };
  });
}

/** Logs in with a token: `success`, and the session is left to the caller, or why not. */
export async function useFastToken(
  stream: RawStream,
  jid: string,
  { token, agent }: FastToken,
): Promise<string> {
  await stream.open();
  const mac = createHmac("sha256", token).update("Initiator").digest();
  const message = Buffer.concat([Buffer.from(`${jid.split("@")[0]}\0`), mac]);
  const used = createElement("fast", { xmlns: fast });
  const more = createElement("request-token", { xmlns: fast, mechanism: fastMechanism });
  return stream.negotiate(authenticate(fastMechanism, message, agent, used, more));
}

/** Logs in twice: with a password, and with the token that it gets for it. */
export async function fastOutcome(server: Service, jid: string, password: string): Promise<string> {
  const token = await getFastToken(server, jid, password);
  return typeof token === "string" ? token : fastLoginOutcome(server, jid, token);
}

/** Logs in and out with a token: the bare JID that was bound, or why none was. */
export function fastLoginOutcome(server: Service, jid: string, token: FastToken): Promise<string> {
  return inOpenStream(server, jid, async (stream) => {
    const answer = await useFastToken(stream, jid, token);
    return answer === "success" ? bind(stream) : answer;
  });
}

async function inStream<T>(
  server: Service,
  from: string,
  talk: (stream: RawStream) => Promise<T>,
): Promise<T> {
  return inOpenStream(server, from, async (stream) => {
    await stream.open();
    return talk(stream);
  });
}

async function inOpenStream<T>(
  server: Service,
  from: string,
  talk: (stream: RawStream) => Promise<T>,
): Promise<T> {
  const stream = await openRawStream(server, from.replace(/.*@/, ""), from);
  try {
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
