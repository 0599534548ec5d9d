import { once } from "node:events";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { exchange, streamHeader } from "./exchange.ts";
import type { Sasl } from "./sasl-mechanisms.ts";

/** A stream over TCP with TLS from the start, for SASL, with what was said on it. */
export interface TcpSasl extends Sasl {
  /** The mechanisms that it offers. */
  offered: string[];
  socket: TLSSocket;
  /** All that the server and the client have said. */
  transcript(): string;
  /** After a login: the bare JID that is bound. */
  bind(): Promise<string>;
  close(): void;
}

const namespace = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

/** Opens a stream to one of a server's hosts. */
export async function openTcpSasl(
  { tlsPort: port, ca }: { tlsPort: number; ca: string },
  host: string,
  maxVersion: SecureVersion = "TLSv1.3",
): Promise<TcpSasl> {
  const socket = connect({ port, host: "127.0.0.1", ca, servername: host, maxVersion });
  await once(socket, "secureConnect");
  const parts: string[] = [];
  const say = async (text: string, pattern: RegExp) => {
    const answer = await exchange(socket, text, pattern);
    parts.push(text, answer);
    return answer;
  };
  const open = () => say(streamHeader(host), /.*<\/stream:features>/s);
  const features = await open();
  return {
    offered: [...features.matchAll(/<mechanism>([^<]+)/g)].map(([, name]) => name as string),
    socket,
    transcript: () => parts.join("\n"),
    authenticate: (mechanism, response) =>
      negotiate(`<auth ${namespace} mechanism='${mechanism}'>${encoded(response)}</auth>`),
    respond: (response) => negotiate(`<response ${namespace}>${encoded(response)}</response>`),
    async bind() {
      await open();
      const ask = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
      return /<jid>([^/]+)/.exec(await say(ask, /<iq.*<\/iq>/s))?.[1] ?? "";
    },
    close: () => void socket.destroy(),
  };

  async function negotiate(element: string): Promise<string> {
    const answer = await say(
      element,
      /<(success|challenge)[^>]*(\/>|>[^<]*<\/)|<(failure|stream:error).*<\/(failure|stream:error)>/s,
    );
    const [, name, text = ""] = /^<([\w:]+)[^>]*>([^<]*)/.exec(answer) ?? [];
    if (name === "success") return "success";
    if (name === "challenge") return `challenge:${Buffer.from(text, "base64")}`;
    return /<[\w:]+[^>]*><([a-z-]+)/.exec(answer)?.[1] ?? answer;
  }
}

function encoded(response: string | undefined): string {
  return response === undefined ? "" : Buffer.from(response).toString("base64") || "=";
}
