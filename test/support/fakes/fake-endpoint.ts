import { once } from "node:events";
import { createServer } from "node:http";
import type { MintedCredential } from "../../../src/client/index.ts";
import { freePorts } from "../machine/ports.ts";

/** An app server's endpoint that mints. */
export interface Endpoint {
  url: string;
  /** How often it was asked. */
  asked(): number;
  /** Takes no connections any more, until it is up again. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts an endpoint of an app server on a free port.
 *
 * @param mint - gives nothing for whom it does not know, who is answered 401
 */
export async function startEndpoint(
  mint: () => MintedCredential | undefined | Promise<MintedCredential | undefined>,
): Promise<Endpoint> {
  let asked = 0;
  const server = createServer(async (_, response) => {
    asked++;
    const credential = await mint();
    response.writeHead(credential ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(credential));
  });
  const [port] = await freePorts(1);
  await up();
  return { url: `http://127.0.0.1:${port}/credentials`, asked: () => asked, up, down, stop: down };

  async function up(): Promise<void> {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }

  async function down(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }
}
