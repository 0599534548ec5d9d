import { WebSocket } from "ws";

/** A login over a WebSocket (RFC 7395), by PLAIN. */
export interface WebSocketLogin {
  url: string;
  /** The certificate to trust, PEM. */
  ca: string;
  user: string;
  host: string;
  password: string;
  /** The address to come from. @defaultValue any of loopback */
  from?: string;
  headers?: Record<string, string>;
}

/** Logs in, and leaves: `success`, or the condition of the refusal. */
export function webSocketOutcome(login: WebSocketLogin): Promise<string> {
  const { url, ca, user, host, password, from, headers = {} } = login;
  const options = { ca, headers, ...(from !== undefined && { localAddress: from }) };
  const socket = new WebSocket(url, "xmpp", options);
  const framing = "urn:ietf:params:xml:ns:xmpp-framing";
  const sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
  const plain = Buffer.from(`\0${user}\0${password}`).toString("base64");
  const answers = new Promise<string>((resolve, reject) => {
    let last = "";
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`it was closed after ${last}`)));
    socket.on("open", () => socket.send(`<open xmlns="${framing}" to="${host}" version="1.0"/>`));
    socket.on("message", (data) => {
      last = String(data);
      const [, condition] = /<failure[^>]*>.*?<([a-z-]+)/s.exec(last) ?? [];
      if (last.includes("<success")) resolve("success");
      else if (condition !== undefined) resolve(condition);
      else if (/<(\w+:)?features/.test(last)) {
        socket.send(`<auth xmlns="${sasl}" mechanism="PLAIN">${plain}</auth>`);
      }
    });
  });
  return answers.finally(() => socket.terminate());
}
