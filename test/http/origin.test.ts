import type { RequestListener } from "node:http";
import express from "express";
import { describe, expect, test } from "vitest";
import { credentials, nodeHandler, routes } from "../../src/http/index.ts";
import { verify } from "../../src/verify/index.ts";
import { fetchFrom } from "../support/browser/page.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { alice, type Body, bearer, host, issued, keyring } from "./fixtures.ts";

const page = "https://app.example.com";
const options = { keyring, origins: [page] };

/** The user of a session, as an app knows one by its cookie. */
function sessionOf(cookie: string | undefined): { jid: string } | undefined {
  const [, user] = /^session=(\w+)$/.exec(cookie ?? "") ?? [];
  return user === undefined ? undefined : { jid: `${user}@${host}` };
}

const mounted: Record<string, () => RequestListener> = {
  "a bare Node server": () =>
    nodeHandler(routes({ ...options, user: (c) => sessionOf(c.req.header("cookie"))?.jid })),
  "an Express app": () => {
    const app = express();
    app.use((request, _, next) => {
      Object.assign(request, { session: sessionOf(request.headers.cookie) });
      next();
    });
    const minting = credentials({ ...options, user: (c) => c.env.incoming.session?.jid });
    app.use("/credentials", nodeHandler(minting));
    return app;
  },
};

describe.each(Object.entries(mounted))("a page of another origin, asking %s", (_, handler) => {
  const mount = async () => `${await listen(handler())}/credentials`;

  test("gets a credential with the cookies that the browser has, or with a token", async () => {
    const url = await mount();
    const byCookie = await fetchFrom(page, url, { cookie: "session=alice" });
    expect(await byCookie.json()).toMatchObject({ jid: alice });
    const byToken = await fetchFrom(page, url, { headers: bearer(await issued()) });
    expect(await byToken.json()).toMatchObject({ jid: alice });
  });

  test("reads why it gets none", async () => {
    const answer = await fetchFrom(page, await mount(), { headers: bearer("nonsense") });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ type: "urn:mayfly:problem:unauthorized" });
  });

  test("gets nothing where it is not listed, or with headers that nobody expects", async () => {
    const url = await mount();
    const headers = bearer(await issued());
    const elsewhere = "https://evil.example";
    await expect(fetchFrom(elsewhere, url, { headers })).rejects.toThrow("may not ask");
    const cookie = "session=alice";
    await expect(fetchFrom(elsewhere, url, { cookie })).rejects.toThrow("may not ask");
    const odd = { headers: { "x-odd": "1" }, cookie };
    await expect(fetchFrom(page, url, odd)).rejects.toThrow("x-odd may not be sent");
  });

  test("is one of 200 that ask at once, and each gets its own", async () => {
    const url = await mount();
    const users = Array.from({ length: 200 }, (_, number) => `user${number}`);
    const asked = users.map(async (sub, number) => {
      // Every other one by its cookie; those with a token ask twice, first whether they may.
      const isEven = number % 2 === 0;
      const how = isEven
        ? { cookie: `session=${sub}` }
        : { headers: bearer(await issued({ sub })) };
      return (await (await fetchFrom(page, url, how)).json()) as Body;
    });
    const minted = await Promise.all(asked);
    expect(minted.map(({ username }) => username)).toEqual(users);
    for (const { username: user, password } of minted) {
      expect(await verify({ user, host, password }, { keyring })).toMatchObject({ ok: true });
    }
  });
});
