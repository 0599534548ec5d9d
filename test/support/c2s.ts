import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import type { RawLogin } from "./raw-login.ts";

/** Where XMPP is spoken over TCP. */
export interface C2s {
  port: number;
  /** The certificate to trust, PEM. */
  ca: string;
}

/**
 * Asks for a login over TCP with STARTTLS and SASL PLAIN, and leaves: `success`, or the condition of
 * the refusal or of the stream's error. It parses no XML: thousands are asked for in seconds.
 */
export async function c2sOutcome({ port, ca }: C2s, login: RawLogin): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${login.host}' version='1.0'>`;
    await ask(socket, header, /<\/stream:features>/);
    await ask(socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed/);
    const stream = secure({ socket, ca, servername: login.host });
    await ask(stream, header, /<\/stream:features>/);
    const plain = Buffer.from(`\0${login.user}\0${login.password}`).toString("base64");
    const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`;
    const answer = await ask(stream, auth, /<success|(failure|stream:error)[^>]*><[a-z-]+/);
    return /[a-z-]+$/.exec(answer)?.[0] ?? "";
  } finally {
    socket.destroy();
  }
}

/** Sends something, and gives what the answer has of the pattern. */
function ask(socket: Socket, text: string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    socket.on("data", hear).on("error", reject).on("close", lost);
    socket.write(text);

    function hear(chunk: Buffer): void {
      heard += chunk;
      const [answer] = pattern.exec(heard) ?? [];
      if (answer === undefined) return;
      socket.off("data", hear).off("error", reject).off("close", lost);
      resolve(answer);
    }

    function lost(): void {
      reject(new Error(`the server closed the stream after: ${heard}`));
    }
  });
}
