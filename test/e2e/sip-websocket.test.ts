import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const origins: [string, string] = ["https://app.example.org", "http://localhost:5173"];
const secret = "the secret of SIP over WebSocket";

describeWith(
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
)("Kamailio's WebSocket", () => {
  let server: Kamailio;

  beforeAll(async () => {
    server = await startKamailio({ secrets: [secret], origins });
  });
  afterAll(() => server?.stop());

  /** What a page of this origin is answered: the protocol that was chosen, or the refusal. */
  async function answer(origin: string | undefined, url = server.url): Promise<string> {
    const ca = server.tls.ca ?? "";
    const socket = new WebSocket(url, "sip", { ca, ...(origin !== undefined && { origin }) });
    try {
      const refused = once(socket, "unexpected-response").then(([, response]) => {
        const { statusCode, statusMessage } = response as IncomingMessage;
        return `${statusCode} ${statusMessage}`;
      });
      return await Promise.race([once(socket, "open").then(() => socket.protocol), refused]);
    } finally {
      socket.on("error", () => {}).terminate();
    }
  }

  test.each(origins)("opens for a page of %s", async (origin) => {
    expect(await answer(origin)).toBe("sip");
  });

  test.each([
    ["of another origin", "https://app.example.org.elsewhere.example"],
    ["of the origin's other scheme", "http://app.example.org"],
    ["without an origin", undefined],
  ])("does not open for a page %s", async (_, origin) => {
    expect(await answer(origin)).toBe("403 Not From There");
  });

  test("does not open where nothing is encrypted", async () => {
    const url = `ws://localhost:${server.udp.port}`;
    expect(await answer(origins[0], url)).toBe("403 Not Encrypted");
  });

  test("is no web server", async () => {
    const options = { ca: server.tls.ca, headers: { origin: origins[0] } };
    const [response] = await once(get(server.url.replace("wss:", "https:"), options), "response");
    response.resume();
    expect(response.statusCode).toBe(404);
  });
});
