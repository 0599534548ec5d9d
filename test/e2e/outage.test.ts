import { type Client, client } from "@xmpp/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mayfly } from "../../src/client/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { trust } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Redis, startRedis } from "../support/servers/redis.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const domain = "example.org";
const keys = [{ id: "north", secret: "the secret of those who come in an outage" }];
const keyring = new Keyring(keys);
const outageMs = 10_000;
const clientCount = 100;
const apartMs = 50; // a listener of ejabberd takes few connections at once
const banAfter = 20; // mod_fail2ban's c2s_max_auth_failures

describeWith("ejabberd", "redis")("an ejabberd that bans, whose store is a Redis", () => {
  let redis: Redis;
  let server: Ejabberd;
  const running: Client[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    server = await startEjabberd({
      hosts: [domain],
      mayfly: { keys, store: redis.url },
      options: { modules: { mod_fail2ban: {} } }, // as in Debian's own ejabberd.yml
    });
    trust(server.ca);
  });
  afterAll(async () => {
    await Promise.all(running.map((xmpp) => xmpp.status !== "offline" && xmpp.stop()));
    await server?.stop();
    await redis?.stop();
  });

  /** Logs a client in: `online`, or the code of the error that it gives up with. */
  async function logIn(user: string): Promise<string> {
    const { credentials } = mayfly({ mint: () => mint({ jid: `${user}@${domain}` }, { keyring }) });
    const xmpp = client({ service: server.url, domain, credentials });
    running.push(xmpp);
    xmpp.on("error", () => {});
    return xmpp.start().then(
      () => "online",
      (error) => error.code ?? error.message,
    );
  }

  test("lets 100 clients in that come while Redis is down for 10 s, and bans no one", async () => {
    expect(await logIn("first")).toBe("online");
    await redis.stop();
    const up = pause(outageMs).then(() => redis.start());
    const outcomes = await Promise.all(
      Array.from({ length: clientCount }, async (_, nth) => {
        await pause(nth * apartMs);
        return logIn(`user-${nth}`);
      }),
    );
    await up;
    expect(outcomes.filter((it) => it !== "online")).toEqual([]);
    const refusals = server.decisions().filter(({ reason }) => reason === "store-unavailable");
    expect(refusals.length).toBeLessThan(banAfter / 2);
    expect(await logIn("next")).toBe("online");
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
