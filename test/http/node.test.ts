import { once } from "node:events";
import { Agent, type IncomingMessage, type RequestListener, request } from "node:http";
import { text } from "node:stream/consumers";
import express from "express";
import type { Context } from "hono";
import { expect, test } from "vitest";
import { credentials, nodeHandler, routes } from "../../src/http/index.ts";
import { mint } from "../../src/mint/index.ts";
import { verify } from "../../src/verify/index.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { alice, apiKey, type Body, bearer, host, json, keyring } from "./fixtures.ts";

/** An Express app with a session, as such apps have it. */
function expressApp(): RequestListener {
  const app = express();
  app.use((request, _, next) => {
    const [, user] = /^session=(\w+)$/.exec(request.headers.cookie ?? "") ?? [];
    Object.assign(request, { session: user && { jid: `${user}@${host}` } });
    next();
  });
  const minting = credentials({ keyring, user: (c) => c.env.incoming.session?.jid });
  app.use("/chat/credentials", nodeHandler(minting));
  app.use((_, response) => void response.status(404).send("the app's own"));
  return app;
}

test("the routes answer in a bare Node server", async () => {
  const url = await listen(nodeHandler(routes({ keyring, apiKeys: [apiKey] })));
  const headers = bearer(apiKey);
  const { body } = await json(fetch(`${url}/credentials?username=${alice}`, { headers }));
  expect(body.jid).toBe(alice);
  const form = new URLSearchParams({ service: "turn", username: "x", key: apiKey });
  const answer = await fetch(`${url}/credentials`, { method: "POST", body: form });
  expect(await answer.json()).toMatchObject({ username: expect.stringMatching(/^\d+:x$/) });
});

test("a route answers in an Express app, for the user of its session", async () => {
  const url = await listen(expressApp());
  const ask = (headers: Record<string, string>) => fetch(`${url}/chat/credentials`, { headers });
  expect((await json(ask({ cookie: "session=alice" }))).body.jid).toBe(alice);
  expect((await ask({})).status).toBe(401);
  expect(await (await fetch(`${url}/chat`)).text()).toBe("the app's own");
});

test("a server's question is answered on the wire as ejabberd_auth_http and MongooseIM read it", async () => {
  const backendSecret = "the secret of the XMPP servers";
  const url = await listen(nodeHandler(routes({ keyring, backendSecret })));
  const { password } = await mint({ jid: alice }, { keyring });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Basic ${btoa(`ejabberd:${backendSecret}`)}` };
  const ask = async (user: string, more: object = {}) => {
    const pass = encodeURIComponent(password);
    const path = `/auth/check_password?user=${user}&server=${host}&pass=${pass}`;
    const [answer] = (await once(
      request(url + path, { agent, headers, ...more }).end(),
      "response",
    )) as [IncomingMessage];
    return [answer.statusCode, answer.headers["content-length"], await text(answer)];
  };
  expect(await ask("alice")).toEqual([200, "4", "true"]);
  expect(await ask("bob")).toEqual([200, "5", "false"]);
  expect((await ask("alice", { headers: { authorization: "Basic " } }))[0]).toBe(401);
  agent.destroy();
});

test("the app's own globals stay as they are", async () => {
  const { Request, Response } = globalThis;
  nodeHandler(routes({ keyring }));
  expect(globalThis).toMatchObject({ Request, Response });
});

test("200 clients at once get a credential each, and each the right one", async () => {
  const url = await listen(expressApp());
  const users = Array.from({ length: 200 }, (_, number) => `user${number}`);
  const minted = await Promise.all(
    users.map(async (user) => {
      const headers = { cookie: `session=${user}` };
      return (await (await fetch(`${url}/chat/credentials`, { headers })).json()) as Body;
    }),
  );
  expect(minted.map(({ username }) => username)).toEqual(users);
  for (const { username: user, password } of minted) {
    expect(await verify({ user, host, password }, { keyring })).toMatchObject({ ok: true });
  }
});

test("a body that says nothing of its length is counted as it comes", async () => {
  const url = await listen(nodeHandler(routes({ keyring, apiKeys: [apiKey] })));
  const send = async (chunks: Iterable<string>) => {
    const body = ReadableStream.from(chunks).pipeThrough(new TextEncoderStream());
    const init = { method: "POST", headers: bearer(apiKey), body, duplex: "half" as const };
    return (await fetch(`${url}/credentials`, init)).status;
  };
  expect(await send(["service=turn", "&username=x"])).toBe(200);
  const endless = (function* () {
    for (;;) yield "a".repeat(1024);
  })();
  expect(await send(endless)).toBe(413);
});

test("a request is copied only where its body has no length", async () => {
  const seen: boolean[] = [];
  const isAdapters = (it: object) =>
    Object.getOwnPropertySymbols(it).some(({ description }) => description === "incomingKey");
  const user = (c: Context) => {
    seen.push(isAdapters(c.req.raw));
    return alice;
  };
  const url = `${await listen(nodeHandler(routes({ keyring, user })))}/credentials`;
  await fetch(url);
  await fetch(url, { method: "POST", body: "service=turn" });
  const body = ReadableStream.from(["service=turn"]).pipeThrough(new TextEncoderStream());
  await fetch(url, { method: "POST", body, duplex: "half" } as RequestInit);
  expect(seen).toEqual([true, true, false]);
});

test("200 that are refused come from one address, and are slowed down", async () => {
  const url = await listen(nodeHandler(routes({ keyring })));
  const asked = Array.from({ length: 200 }, async () => (await fetch(`${url}/credentials`)).status);
  const statuses = await Promise.all(asked);
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(60);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(100);
});
