import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../../../src/http/app.ts";
import type { TrustedHeader } from "../../../src/http/auth/trusted-header.ts";
import type { RequestRecord } from "../../../src/http/index.ts";
import { Metrics } from "../../../src/http/metrics.ts";
import { LoginStats } from "../../../src/http/status/login-stats.ts";
import { Policies } from "../../../src/policy.ts";
import { alice, apiKey, type Body, host, keyring } from "../fixtures.ts";

const usual: TrustedHeader = { name: "Remote-User", proxies: ["127.0.0.1/32"], host };
const records: RequestRecord[] = [];
beforeEach(() => void records.splice(0));

/** The app of `mayfly serve`, on a port. */
function serveApp(trustedHeader: TrustedHeader) {
  const app = createApp({
    ...{ keyring, policies: new Policies(), hasStore: false, apiKeys: [apiKey], trustedHeader },
    ...{ metrics: new Metrics(), history: new LoginStats(), writtenAt: new Map() },
    about: () => ({ version: "", source: "", loadedAt: 0, writtenAt: new Map() }),
    jitsi: { origins: ["https://meet.example.com"], key: "meet" },
    tell: (record) => void records.push(record),
  });
  return createAdaptorServer({ fetch: app.fetch }).listen(0, "127.0.0.1");
}

let port: number;
let domainsPort: number;
const servers = [serveApp(usual), serveApp({ ...usual, domains: ["corp.com"] })] as const;
beforeAll(async () => {
  [port = 0, domainsPort = 0] = await Promise.all(
    servers.map(async (server) => {
      if (!server.listening) await once(server, "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
});
afterAll(() => {
  for (const server of servers) server.close();
});

/** Sends headers as they are, with two of one name if that is wanted. */
async function ask(
  headers: string[],
  { from = "127.0.0.1", path = "/credentials", to = port } = {},
): Promise<{ status: number | undefined; body: Body }> {
  const sent = request({
    ...{ host: "127.0.0.1", port: to, path, localAddress: from, agent: false },
    headers: ["Host", "localhost", ...headers],
  }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode, body: (text.startsWith("{") && JSON.parse(text)) || {} };
}

describe("a proxy that has signed a user in", () => {
  test.each([
    ["alice", alice],
    ["Alice Smith", `alice\\20smith@${host}`],
    ["alice@corp.com", `alice\\40corp.com@${host}`],
    [Buffer.from("José").toString("latin1"), `josé@${host}`],
  ])("has a credential minted for them: %j", async (user, jid) => {
    const { status, body } = await ask(["Remote-User", user]);
    expect([status, body.jid]).toEqual([200, jid]);
    expect((await ask(["REMOTE-USER", user])).body.jid).toBe(jid);
  });

  test("has one minted for nobody else", async () => {
    const path = "/credentials?username=bob@example.com";
    expect((await ask(["Remote-User", "alice"], { path })).status).toBe(403);
  });

  test("sends them back to Jitsi with a token", async () => {
    const { status } = await ask(["Remote-User", "alice"], { path: "/jitsi/token?room=r" });
    expect(status).toBe(302);
    expect(records.at(-1)).toMatchObject({ ok: true, jid: alice });
  });

  test("may name them by an address in one of the domains, and by no other", async () => {
    const { body } = await ask(["Remote-User", "Alice@Corp.com"], { to: domainsPort });
    expect(body.jid).toBe(alice);
    for (const user of ["alice@other.example", "alice", "@corp.com", "alice@corp.com@x"]) {
      expect((await ask(["Remote-User", user], { to: domainsPort })).status).toBe(403);
    }
  });

  test("that has signed nobody in gets nothing", async () => {
    expect((await ask([])).status).toBe(401);
    expect((await ask(["Remote-User", ""])).status).toBe(401);
  });

  test("passes an app server on, which has an API key", async () => {
    const path = `/credentials?username=bob@${host}`;
    const { body } = await ask(["Authorization", `Bearer ${apiKey}`], { path });
    expect(body.jid).toBe(`bob@${host}`);
  });
});

describe("a header that a proxy should have stopped", () => {
  const refused = async (headers: string[], problem: string, from?: string) => {
    const { status, body } = await ask(headers, { ...(from !== undefined && { from }) });
    expect([status, body.type]).toEqual([403, "urn:mayfly:problem:forbidden"]);
    expect(body.detail).toContain(problem);
    expect(records.at(-1)).toMatchObject({ ok: false, warning: body.detail });
  };

  test.each(["alice", ""])("is refused from another peer: %j", async (user) => {
    const problem =
      "Remote-User was sent from 127.0.0.2, which is none of http.trusted_header.proxies";
    await refused(["Remote-User", user], problem, "127.0.0.2");
  });

  test("is refused from another peer with an API key as well", async () => {
    const headers = ["Remote-User", "alice", "Authorization", `Bearer ${apiKey}`];
    await refused(headers, "was sent from 127.0.0.2", "127.0.0.2");
  });

  test("is refused though a peer says in X-Forwarded-For to be a proxy", async () => {
    const headers = ["Remote-User", "alice", "X-Forwarded-For", "127.0.0.1"];
    await refused(headers, "was sent from 127.0.0.2", "127.0.0.2");
  });

  test.each([
    ["in another spelling", ["Remote_User", "bob"]],
    ["in another spelling beside the right one", ["Remote-User", "alice", "Remote_User", "bob"]],
    ["with a dot", ["Remote.User", "bob"]],
  ])("is refused %s", async (_, headers) => {
    await refused(headers, "Remote-User was sent in another spelling");
  });

  test.each([
    ["twice", ["Remote-User", "alice", "Remote-User", "bob"], "was sent twice"],
    ["twice, once in capitals", ["Remote-User", "a", "REMOTE-USER", "b"], "was sent twice"],
    ["twice, once empty", ["Remote-User", "", "Remote-User", "bob"], "was sent twice"],
    ["joined by a proxy", ["Remote-User", "alice, bob"], "has a comma in its value"],
    ["with Apache's word for no value", ["Remote-User", "(null)"], "has a placeholder"],
    ["with a variable of Caddy's", ["Remote-User", "{http.x.y}"], "has a placeholder"],
    ["in another encoding", ["Remote-User", "jos\xe9"], "has a value that is not UTF-8"],
  ])("is refused %s", async (_, headers, problem) => {
    await refused(headers, `${problem}`);
  });
});

test("networks are matched, IPv4 in IPv6 too", async () => {
  const { readTrustedHeader } = await import("../../../src/http/auth/trusted-header.ts");
  const read = readTrustedHeader({ ...usual, proxies: ["10.1.0.0/16", "2001:db8::/32", "::1"] });
  const from = (remoteAddress: string | undefined) => {
    const incoming = { socket: { remoteAddress }, rawHeaders: ["Remote-User", "alice"] };
    const context = { env: { incoming }, get: () => undefined, set: () => {} };
    try {
      return read(context as never)?.name;
    } catch {
      return "refused";
    }
  };
  for (const peer of ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::5", "::1"]) {
    expect([peer, from(peer)]).toEqual([peer, "alice"]);
  }
  for (const peer of ["10.2.0.1", "::ffff:10.2.0.1", "2001:db9::1", "127.0.0.1", "", undefined]) {
    expect([peer, from(peer)]).toEqual([peer, "refused"]);
  }
});
