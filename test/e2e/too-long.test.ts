import { createElement } from "ltx";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { fetchTrusting } from "../support/browser/fetch.ts";
import { exchangeOutcome, rawOutcome } from "../support/clients/raw-login.ts";
import { authElement } from "../support/clients/sasl/exchange.ts";
import { sasl2Outcome } from "../support/clients/sasl/sasl2.ts";
import { installGuard } from "../support/servers/guard.ts";
import { type Pool, startPool } from "../support/servers/worker-pool.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [{ id: "north", secret: "the secret behind the long passwords" }];
const host = "example.org";
const tooLong = "x".repeat(65_536);
const knowsSasl2 = Boolean(process.env.MAYFLY_EJABBERD);

/** A pool behind every way to log in, without a limit of ejabberd's own. */
function start(guard: object): Promise<Pool> {
  return startPool(host, stringify({ keys }), undefined, {
    handlers: { "/bosh": "mod_bosh" },
    // Of more than five who come at once ejabberd would drop some, for seconds.
    listeners: {
      ejabberd_c2s: { max_stanza_size: 262_144, backlog: 100 },
      ejabberd_http: { backlog: 100, ...(knowsSasl2 && { allow_unencrypted_sasl2: true }) },
    },
    furnish: installGuard(),
    options: { modules: { mod_bosh: {}, mod_legacy_auth: {}, ...guard } },
  });
}

/** Ways to present a password without an account, and how they end where it is too long. */
const ways: Record<string, (pool: Pool, user: string, password: string) => Promise<string>> = {
  TCP: (pool, user, password) => pool.outcome({ user, host, password }),
  "a WebSocket": (pool, user, password) => rawOutcome(pool, { user, host, password }),
  BOSH: boshOutcome,
  "a WebSocket, as before SASL": legacyOutcome,
  ...(knowsSasl2 && {
    "a WebSocket, by SASL2": (pool, user, password) =>
      sasl2Outcome(pool, `${user}@${host}`, (sasl) =>
        sasl.authenticate("PLAIN", `\0${user}\0${password}`),
      ),
  }),
};

describeWith("ejabberd")("a pool of two programs behind the guard", () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = await start({ mod_mayfly_guard: {} });
  });
  afterAll(() => pool?.stop());

  test.each(Object.entries(ways))(
    "is left alone by a flood of passwords that are too long for it, over %s",
    async (_, present) => {
      const before = pool.workers();
      const flood = Array.from({ length: 60 }, () => present(pool, "eve", tooLong));
      for (const outcome of await Promise.all(flood)) expect(outcome).toMatch(/policy-violation/);
      expect(pool.workers()).toEqual(before);
      const { password } = await mint({ jid: `alice@${host}` }, { keyring: new Keyring(keys) });
      expect(await rawOutcome(pool, { user: "alice", host, password })).toBe(`alice@${host}`);
    },
  );

  test("decides on what is long, and no longer than that", async () => {
    const password = "x".repeat(40_000);
    expect(await rawOutcome(pool, { user: "eve", host, password })).toBe("not-authorized");
  });
});

describeWith("ejabberd")("a pool without the guard", () => {
  let pool: Pool;
  beforeAll(async () => {
    pool = await start({});
  });
  afterAll(() => pool?.stop());

  // BOSH has a limit of ejabberd's own, and on 26.07 TCP too.
  const limited = process.env.MAYFLY_EJABBERD === "26.07" ? ["BOSH", "TCP"] : ["BOSH"];
  const unlimited = Object.entries(ways).filter(([way]) => !limited.includes(way));
  test.each(unlimited)("loses a program over %s: the tests above can tell", async (_, present) => {
    const before = await until(() => pool.workers().length === 2 && pool.workers());
    await present(pool, "eve", tooLong);
    await until(() => pool.workers().some((pid) => !before.includes(pid)));
  });
});

/** Asks for a login by PLAIN over BOSH, and leaves: all that came as the answer. */
async function boshOutcome({ url, ca }: Pool, user: string, password: string): Promise<string> {
  const fetch = fetchTrusting(ca);
  const ask = async (attributes: string, content = "") => {
    const body = `<body xmlns='http://jabber.org/protocol/httpbind' ${attributes}>${content}</body>`;
    const answer = await fetch(url.replace("wss:", "https:").replace(/ws$/, "bosh"), {
      method: "POST",
      body,
    });
    return `${answer.status} ${await answer.text()}`;
  };
  const session = `to='${host}' wait='5' hold='1' ver='1.6' xmpp:version='1.0'`;
  const opened = await ask(`rid='1' ${session} xmlns:xmpp='urn:xmpp:xbosh'`);
  const [, sid = ""] = / sid='([^']+)'/.exec(opened) ?? [];
  return ask(`rid='2' sid='${sid}'`, authElement("PLAIN", `\0${user}\0${password}`));
}

/** Asks for a login by `jabber:iq:auth` (XEP-0078) over a WebSocket. */
function legacyOutcome(pool: Pool, username: string, password: string): Promise<string> {
  return exchangeOutcome(pool, host, async (stream) => {
    const query = createElement("query", { xmlns: "jabber:iq:auth" });
    for (const [name, text] of Object.entries({ username, password, resource: "a" }))
      query.append(createElement(name, {}, text));
    const iq = createElement("iq", { xmlns: "jabber:client", type: "set", id: "1" }, query);
    return String(await stream.ask(iq, ["iq", "stream:error"])).replace(/x{9,}/, "…");
  });
}
