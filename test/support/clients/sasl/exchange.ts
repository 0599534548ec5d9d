import type { Socket } from "node:net";

/** Sends something, and gives what the answer has of the pattern. */
export function exchange(socket: Socket, text: string, pattern: RegExp): Promise<string> {
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

/** How a stream over TCP begins. */
export function streamHeader(host: string): string {
  return `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${host}' version='1.0'>`;
}

/** A SASL exchange's first element. */
export function authElement(mechanism: string, response: string): string {
  const text = Buffer.from(response).toString("base64");
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>${text}</auth>`;
}

/** How such an exchange ends: up to the name of `success`, or of the condition of a failure. */
export const verdict = /<success|(failure|stream:error)[^>]*><[a-z-]+/;
