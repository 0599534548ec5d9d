import { connect } from "node:net";
import { authElement, exchange, streamHeader, verdict } from "./sasl/exchange.ts";

/**
 * Asks for a login over TCP without TLS, and leaves: the mechanisms that were offered, and the outcome
 * of PLAIN, offered or not: `success`, or the condition of the refusal.
 */
export async function plaintextLogin(
  port: number,
  host: string,
  response: string,
): Promise<[string[], string]> {
  const socket = connect(port, "127.0.0.1");
  try {
    const features = await exchange(
      socket,
      streamHeader(host),
      /<stream:features[^>]*\/>|<stream:features.*<\/stream:features>/s,
    );
    const offered = [...features.matchAll(/<mechanism>([^<]*)/g)].map(([, name = ""]) => name);
    const answer = await exchange(socket, authElement("PLAIN", response), verdict);
    return [offered, /[a-z-]+$/.exec(answer)?.[0] ?? ""];
  } finally {
    socket.destroy();
  }
}
