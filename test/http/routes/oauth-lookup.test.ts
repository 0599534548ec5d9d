import { expect, test } from "vitest";
import { oauthLookup } from "../../../src/http/index.ts";
import { mint } from "../../../src/mint/index.ts";
import { Policies } from "../../../src/policy.ts";
import { openStore } from "../../../src/store/index.ts";
import { revokeUser, type VerifyOptions } from "../../../src/verify/index.ts";
import { everyBitFlipped } from "../../support/data/bit-flips.ts";
import {
  alice,
  backendSecret,
  bearer,
  host,
  issued,
  json,
  keyring,
  now,
  ourToken,
} from "../fixtures.ts";

const secret = bearer(backendSecret);

async function look(
  token: unknown,
  trust: Partial<VerifyOptions> = {},
  headers: Record<string, string> = secret,
) {
  const body = JSON.stringify({ token });
  const app = oauthLookup({ keyring, backendSecret, ...trust });
  return json(await app.request("/lookup", { method: "POST", body, headers }));
}

test.each(["mojoauth", "jwt"] as const)(
  "a %s token is told to ejabberd's letter",
  async (format) => {
    const expire = now() + 60;
    const { status, body } = await look(await ourToken({ format, ttl: 60 }, expire - 60));
    expect(status).toBe(200);
    // A string or nothing as `expire` would never expire; a string as `scope` is no list.
    expect(body).toStrictEqual({ user: alice, scope: ["sasl_auth"], expire });
  },
);

test("an issuer's token is, too", async () => {
  const { body } = await look(await issued({ exp: now() + 60.5 }));
  expect(body).toMatchObject({ user: alice, scope: ["sasl_auth"] });
  expect(Number.isInteger(body.expire)).toBe(true);
});

test.each([
  ["expired", () => ourToken({ ttl: 60 }, now() - 61)],
  ["expired, a JWT", () => ourToken({ format: "jwt", ttl: 60 }, now() - 60)],
  ["too long-lived", () => ourToken({ ttl: 3600 }, now() + 86_400)],
  ["for an issuer's user that ejabberd takes in no form", () => issued({ sub: "al ice" })],
  ["a password", async () => (await mint({ jid: alice }, { keyring })).password],
  ["for TURN", async () => (await mint({ service: "turn" }, { keyring })).username],
  [
    "for Jitsi",
    async () => (await mint({ jid: alice, profile: "jitsi", key: "meet" }, { keyring })).password,
  ],
  ["nonsense", async () => "nonsense"],
  ["nothing", async () => ""],
])("a token that is %s is not found", async (_, make) => {
  const { status, body } = await look(await make());
  expect([status, body.type]).toEqual([404, "urn:mayfly:problem:not-found"]);
});

test.each(["mojoauth", "jwt"] as const)(
  "a %s token with a bit changed is not found",
  async (format) => {
    const token = await ourToken({ format });
    for (const changed of everyBitFlipped(token).filter((_, index) => index % 11 === 0)) {
      expect((await look(changed)).status).toBe(404);
    }
  },
);

test("a token that was revoked is not found, nor one that was used up", async () => {
  const policies = new Policies({ [host]: { singleUse: true } });
  const store = await openStore("memory");
  const token = await ourToken();
  expect((await look(token, { store, policies })).status).toBe(200);
  expect((await look(token, { store, policies })).status).toBe(404);
  await revokeUser("alice", host, { store, policies });
  expect((await look(await ourToken({ ttl: 61 }), { store, policies })).status).toBe(404);
  const broken = { ...store, look: () => Promise.reject(new Error("away")) };
  expect((await look(await ourToken(), { store: broken })).status).toBe(404);
});

test("a host that is not served has no tokens", async () => {
  const policies = new Policies({ "other.example": {} });
  expect((await look(await ourToken(), { policies })).status).toBe(404);
});

test.each([
  ["no secret", {}],
  ["another secret", bearer("another secret")],
  ["the beginning of the secret", bearer(backendSecret.slice(0, -1))],
  ["a token of ours", bearer("token")],
  ["the secret without Bearer", { authorization: backendSecret }],
])("who shows %s is told nothing", async (_, headers) => {
  for (const token of [await ourToken(), "nonsense"]) {
    const { status, body } = await look(token, {}, headers);
    expect([status, body.type]).toEqual([401, "urn:mayfly:problem:unauthorized"]);
  }
});

test("nobody is told anything where no secret is set", async () => {
  const token = await ourToken();
  const body = JSON.stringify({ token });
  for (const given of [{}, bearer(""), bearer("undefined"), bearer(backendSecret)]) {
    for (const options of [{ keyring }, { keyring, backendSecret: "" }]) {
      const app = oauthLookup(options);
      const answer = await app.request("/lookup", { method: "POST", body, headers: given });
      expect(answer.status).toBe(401);
    }
  }
});

test.each(["", "nonsense", "null", "[]", '{"token":1}', '"token"'])(
  "the body %j is no question",
  async (body) => {
    const app = oauthLookup({ keyring, backendSecret });
    const answer = await app.request("/lookup", { method: "POST", body, headers: secret });
    expect(answer.status).toBe(400);
  },
);
