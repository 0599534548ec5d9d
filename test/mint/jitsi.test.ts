import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { type JitsiContext, Keyring, type MintRequest, mint } from "../../src/index.ts";
import { verify } from "../../src/verify/index.ts";
import { pemPair } from "../support/data/jwt.ts";

const jid = "alice@example.com";
const secret = "a secret of Jitsi's, of 32 bytes at least";
const meet = { id: "meet", secret, algorithm: "HS256", issuer: "my_app" } as const;
const keyring = new Keyring([meet]);

async function claimsOf(request: MintRequest) {
  const { password } = await mint({ jid, profile: "jitsi", ...request }, { keyring });
  const { payload } = await jwtVerify(password, Buffer.from(secret));
  return payload as { context: { user: object }; moderator?: boolean };
}

describe("a token for Jitsi", () => {
  test("says what it is told of its user, and what they may do", async () => {
    const context: JitsiContext = {
      user: {
        name: "Alice Smith",
        email: "alice@example.com",
        avatar: "https://app.example.com/alice.png",
        moderator: true,
        affiliation: "owner",
      },
      features: { recording: true, livestreaming: false, "sip-outbound-call": true },
      group: "staff",
    };
    const claims = await claimsOf({ context, moderator: true });
    // Yes and no as text, as JaaS has them: Prosody's presence_identity takes no other values of a user.
    expect(claims.context).toEqual({
      user: { id: jid, ...context.user, moderator: "true" },
      features: { recording: "true", livestreaming: "false", "sip-outbound-call": "true" },
      group: "staff",
    });
    expect(claims.moderator).toBe(true);
  });

  test("says no more than its user's name, and makes no moderator, where it is told nothing", async () => {
    for (const request of [{}, { context: {} }, { context: { user: {} } }]) {
      const claims = await claimsOf(request);
      expect(claims.context).toEqual({ user: { id: jid, name: "alice" } });
      expect(claims).not.toHaveProperty("moderator");
    }
  });

  test("keeps its user's id, and only what a context has", async () => {
    const user = { id: "bob@example.com", name: "Alice", hidden: true };
    const claims = await claimsOf({ context: { user, callee: {} } as JitsiContext });
    expect(claims.context).toEqual({ user: { id: jid, name: "Alice" } });
  });

  test("is good for the user that it names", async () => {
    const request = { jid, profile: "jitsi", moderator: true } as const;
    const { password } = await mint(request, { keyring });
    const login = { user: "alice", host: "example.com", password, profile: "jitsi" } as const;
    expect(await verify(login, { keyring })).toMatchObject({ ok: true });
    expect(await verify({ ...login, user: "bob" }, { keyring })).toMatchObject({ ok: false });
  });
});

test("a token for JaaS is as 8x8 describes it", async () => {
  const { privateKey, publicKey } = pemPair("RS256");
  const tenant = "vpaas-magic-cookie-1fc542a3e4414a44b2611668195e2bfe";
  const key = { id: `${tenant}/4f4910`, secret: privateKey, algorithm: "RS256", issuer: "chat" };
  const { password } = await mint(
    {
      jid,
      profile: "jitsi",
      subject: tenant,
      context: { user: { moderator: true }, features: { recording: true } },
    },
    { keyring: new Keyring([key as ConstructorParameters<typeof Keyring>[0][number]]) },
  );
  const { payload, protectedHeader } = await jwtVerify(password, createPublicKey(publicKey), {
    issuer: "chat",
    audience: "jitsi",
    subject: tenant,
    requiredClaims: ["exp", "nbf", "room"],
  });
  expect(protectedHeader).toEqual({ alg: "RS256", kid: `${tenant}/4f4910`, typ: "JWT" });
  expect(payload.context).toEqual({
    user: { id: jid, name: "alice", moderator: "true" },
    features: { recording: "true" },
  });
});

describe("nothing is minted", () => {
  const refused = expect.objectContaining({ code: "ERR_REQUEST" });

  test.each<[string, object]>([
    ["a name that is no text", { user: { name: 1 } }],
    ["an empty name", { user: { name: "" } }],
    ["a name that is too long", { user: { name: "x".repeat(513) } }],
    ["an avatar that is no address", { user: { avatar: "javascript:alert(1)" } }],
    ["an affiliation that nobody knows", { user: { affiliation: "king" } }],
    ["a moderator that is text", { user: { moderator: "false" } }],
    ["a feature that is text", { features: { recording: "no" } }],
    ["a feature with an odd name", { features: { "a b": true } }],
    ["a group that is a list", { group: ["a"] }],
    ["more than a token can hold", { features: many() }],
  ])("with %s", async (_, context) => {
    const request = { jid, profile: "jitsi", context } as MintRequest;
    await expect(mint(request, { keyring })).rejects.toThrow(refused);
  });

  test.each<[string, MintRequest]>([
    ["a context", { context: {} }],
    ["a moderator", { moderator: false }],
  ])("with %s and another profile", async (_, request) => {
    await expect(mint({ jid, ...request }, { keyring })).rejects.toThrow(refused);
    const opentok = { ...request, profile: "opentok" } as const;
    await expect(mint(opentok, { keyring })).rejects.toThrow(refused);
  });
});

function many(): Record<string, boolean> {
  return Object.fromEntries(Array.from({ length: 500 }, (_, number) => [`feature${number}`, true]));
}
