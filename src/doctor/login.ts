import { createElement, type Element } from "ltx";
import { encodeOAuthBearer, encodePlain, oauthBearerAcknowledgement } from "../sasl/index.ts";
import { Impasse } from "./impasse.ts";
import { openStream, type Server, type Stream } from "./server.ts";

const sasl = "urn:ietf:params:xml:ns:xmpp-sasl";

/** What is presented to a server. */
export interface Login {
  mechanism: string;
  username: string;
  password: string;
  authzid?: string;
}

/** How a login went. */
export type Outcome = { ok: true; jid: string; stream: Stream } | { ok: false; condition: string };

/** Logs in and binds a resource; the caller closes the stream. */
export async function logIn(server: Server, login: Login): Promise<Outcome> {
  const stream = await openStream(server);
  let outcome: Outcome | undefined;
  try {
    outcome = await authenticate(stream, login);
    return outcome;
  } finally {
    if (!outcome?.ok) stream.close();
  }
}

/** Logs in and out. */
export async function attempt(
  server: Server,
  login: Login,
): Promise<{ ok: true; jid: string } | { ok: false; condition: string }> {
  const outcome = await logIn(server, login);
  if (outcome.ok) outcome.stream.close();
  return outcome;
}

async function authenticate(stream: Stream, login: Login): Promise<Outcome> {
  const { mechanism } = login;
  const verdicts = ["success", "failure"];
  let answer = await stream.ask(element("auth", messageOf(login), { mechanism }), [
    ...verdicts,
    "challenge",
  ]);
  // OAUTHBEARER tells a failure in a challenge first (RFC 7628 section 3.2.3).
  if (answer.name === "challenge") {
    answer = await stream.ask(element("response", oauthBearerAcknowledgement), verdicts);
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

async function bind(stream: Stream): Promise<string> {
  stream.features = await stream.restart();
  const bind = createElement("bind", { xmlns: "urn:ietf:params:xml:ns:xmpp-bind" });
  const bound = await stream.ask(iq("set", "bind", bind), ["iq"]);
  const jid = bound.getChild("bind")?.getChildText("jid");
  if (jid) return jid.split("/")[0] ?? "";
  throw new Impasse("no-session", "after a login the server binds no resource");
}

/** A question to a server. */
export function iq(type: "get" | "set", id: string, content: Element, to?: string): Element {
  const attrs = { xmlns: "jabber:client", type, id, ...(to !== undefined && { to }) };
  return createElement("iq", attrs, content);
}
