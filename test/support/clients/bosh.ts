import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { createElement, type Element, parse } from "ltx";
import type { Service } from "./xmpp-client.ts";

const httpbind = "http://jabber.org/protocol/httpbind";
const xbosh = "urn:xmpp:xbosh";

/** A session of BOSH (XEP-0206), a request at a time. */
export interface Bosh {
  /** Sends elements, or none to wait for more: what has come. */
  send(...elements: Element[]): Promise<Element>;
  /** The same with the stream opened anew, after a login. */
  restart(): Promise<Element>;
}

/** How SASL ends over BOSH: `success`, or the condition of the refusal or of the stream's end. */
export async function boshOutcome(
  service: Service,
  host: string,
  mechanism: string,
  message: string,
): Promise<string> {
  const bosh = await openBosh(service, host);
  const attributes = { xmlns: "urn:ietf:params:xml:ns:xmpp-sasl", mechanism };
  const text = Buffer.from(message).toString("base64");
  const body = await bosh.send(createElement("auth", attributes, text));
  const [verdict] = body.getChildElements();
  if (verdict?.name === "success") return verdict.name;
  return verdict?.getChildElements()[0]?.name ?? String(body);
}

/** Opens a session at an `https:` address, or at `/bosh` where the WebSocket is. */
export async function openBosh({ url, ca }: Service, host: string): Promise<Bosh> {
  const target = new URL(url.startsWith("wss:") ? "/bosh" : url, url.replace("wss:", "https:"));
  let rid = 1_000_000;
  let sid: string | undefined;
  const opening = { to: host, ver: "1.6", wait: "60", hold: "1", "xml:lang": "en" };
  const opened = await post({ ...opening, "xmpp:version": "1.0", "xmlns:xmpp": xbosh });
  sid = opened.attrs.sid;
  return {
    send: (...elements) => post({}, ...elements),
    restart: () => post({ to: host, "xmpp:restart": "true", "xmlns:xmpp": xbosh }),
  };

  async function post(attributes: object, ...elements: Element[]): Promise<Element> {
    const body = createElement(
      "body",
      { xmlns: httpbind, rid: String(rid++), sid, ...attributes },
      ...elements,
    );
    const asked = request(target, { method: "POST", ca, agent: false });
    asked.setHeader("content-type", "text/xml").end(String(body));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return parse(await text(answer));
  }
}
