import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client } from "@xmpp/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { mayfly } from "../../src/client/index.ts";
import { utf8Client } from "../support/clients/utf8-client.ts";
import { startScripted, succeed } from "../support/fakes/fake-xmpp-server.ts";

Object.assign(globalThis, { WebSocket });

const clients: Record<string, typeof client> = { "as released": client };
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-utf8-"));
  clients["that encodes UTF-8 by itself"] = await utf8Client(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The messages that a client sends in two logins, decoded. */
async function said(create: typeof client, credential: object): Promise<string[]> {
  const heard: string[] = [];
  const { mechanism } = credential as { mechanism: string };
  const server = await startScripted([mechanism], (element, socket) => {
    heard.push(
      new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(element.text(), "base64")),
    );
    succeed(socket);
  });
  const minted = { username: "", password: "token", ttl: 600, expires: 1893456000, ...credential };
  const { credentials, install } = mayfly({ mint: () => minted });
  const xmpp = create({ service: server.url, domain: "example.org", credentials });
  install(xmpp);
  xmpp.on("error", () => {});
  try {
    for (let times = 0; times < 2; times++) {
      await xmpp.start(); // a second login of one client is encoded once, too
      await xmpp.stop();
    }
  } finally {
    await server.stop();
  }
  return heard;
}

describe.each(["as released", "that encodes UTF-8 by itself"])("@xmpp/client, %s", (which) => {
  const names = ["alice", "jörg", "żółw", "田中", "ã¶"]; // the last is ö, read as Latin-1
  test.each(names)("says %s in UTF-8, by every mechanism", async (username) => {
    const create = clients[which] as typeof client;
    const authzid = `${username}@example.org`;
    const password = `1893456000:${authzid}:mac`;
    const by = (mechanism: string, more = {}) =>
      said(create, { username, password, mechanism, ...more });
    const plain = `\0${username}\0${password}`;
    expect(await by("PLAIN")).toEqual([plain, plain]);
    expect(await by("PLAIN", { authzid })).toEqual([authzid + plain, authzid + plain]);
    expect(await by("X-OAUTH2")).toEqual([plain, plain]);
    const bearer = `n,a=${authzid},\x01auth=Bearer ${password}\x01\x01`;
    expect(await by("OAUTHBEARER", { authzid })).toEqual([bearer, bearer]);
  });
});
