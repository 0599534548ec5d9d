import { connect } from "node:net";
import { connect as secure } from "node:tls";
import type { RawLogin } from "./raw-login.ts";
import { authElement, exchange, streamHeader, verdict } from "./sasl/exchange.ts";

/** Where XMPP is spoken over TCP. */
export interface C2s {
  port: number;
  /** The certificate to trust, PEM. */
  ca: string;
  /** What a proxy says before the client does. */
  preface?: string;
}

/**
 * Asks for a login over TCP with STARTTLS and SASL PLAIN, and leaves: `success`, or the condition of
 * the refusal or of the stream's error. It parses no XML: thousands are asked for in seconds.
 */
export async function c2sOutcome(
  { port, ca, preface = "" }: C2s,
  login: RawLogin,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    const header = streamHeader(login.host);
    await exchange(socket, preface + header, /<\/stream:features>/);
    await exchange(socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed/);
    const stream = secure({ socket, ca, servername: login.host });
    await exchange(stream, header, /<\/stream:features>/);
    const plain = `\0${login.user}\0${login.password}`;
    const answer = await exchange(stream, authElement("PLAIN", plain), verdict);
    return /[a-z-]+$/.exec(answer)?.[0] ?? "";
  } finally {
    socket.destroy();
  }
}
