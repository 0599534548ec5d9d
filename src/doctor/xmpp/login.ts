import { createElement, type Element } from "ltx";
import { encodeOAuthBearer, encodePlain, oauthBearerAcknowledgement } from "../../sasl/index.ts";
import { AbortChecks } from "../findings/finding.ts";
import { openStream, type StreamTarget, type XmppStream } from "./stream.ts";

const sasl = "urn:ietf:params:xml:ns:xmpp-sasl";

/** A SASL mechanism with what it presents. */
export interface Login {
  mechanism: string;
  username: string;
  password: string;
  authzid?: string;
}

/** The JID and the open stream, or the condition of the refusal. */
export type LoginOutcome =
  | { ok: true; jid: string; stream: XmppStream }
  | { ok: false; condition: string };

/** Logs in and binds a resource; the caller closes the stream. */
export async function logIn(server: StreamTarget, login: Login): Promise<LoginOutcome> {
  const stream = await openStream(server);
  let outcome: LoginOutcome | undefined;
  try {
    outcome = await authenticate(stream, login);
    return outcome;
  } finally {
    if (!outcome?.ok) stream.close();
  }
}

/** Logs in and out again. */
export async function attempt(
  server: StreamTarget,
  login: Login,
): Promise<{ ok: true; jid: string } | { ok: false; condition: string }> {
  const outcome = await logIn(server, login);
  if (outcome.ok) outcome.stream.close();
  return outcome;
}

async function authenticate(stream: XmppStream, login: Login): Promise<LoginOutcome> {
  const { mechanism } = login;
  const verdicts = ["success", "failure"];
  let answer = await stream.request(element("auth", messageOf(login), { mechanism }), [
    ...verdicts,
    "challenge",
  ]);
  // OAUTHBEARER reports a failure in a challenge first (RFC 7628 section 3.2.3).
  if (answer.name === "challenge") {
    answer = await stream.request(element("response", oauthBearerAcknowledgement), verdicts);
  }
  if (answer.name === "success") return { ok: true, jid: await bind(stream), stream };
  const condition = answer.attrs.condition ?? answer.getChildElements()[0]?.name ?? "failure";
  return { ok: false, condition };
}

function messageOf({ mechanism, username, password, authzid }: Login): string {
  const as = authzid === undefined ? {} : { authzid };
  if (mechanism === "OAUTHBEARER") return encodeOAuthBearer({ ...as, token: password });
  return encodePlain({ ...as, username, password });
}

function element(name: string, message: string, attrs = {}): Element {
  return createElement(name, { xmlns: sasl, ...attrs }, Buffer.from(message).toString("base64"));
}

async function bind(stream: XmppStream): Promise<string> {
  stream.features = await stream.restart();
  const request = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  const bound = await stream.request(iq("set", "bind", request), ["iq"]);
  const jid = bound.getChild("bind")?.getChildText("jid");
  if (jid) return jid.split("/")[0] ?? "";
  throw new AbortChecks("no-session", "after a login the server binds no resource");
}

/** Creates an `iq` stanza. */
export function iq(type: "get" | "set", id: string, content: Element, to?: string): Element {
  const attrs = { xmlns: "jabber:client", type, id, ...(to !== undefined && { to }) };
  return createElement("iq", attrs, content);
}
