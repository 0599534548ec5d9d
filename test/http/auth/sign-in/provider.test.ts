import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { RequestListener } from "node:http";
import { type JWTPayload, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { createProvider, type Provider } from "../../../../src/http/auth/sign-in/provider.ts";
import { listen } from "../../../support/fakes/http-listener.ts";

const clientId = "mayfly";
const clientSecret = "the secret of Mayfly at the provider";
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const redirectUri = "https://chat.example.com/sign-in/callback";

/** What the provider answers at each path: JSON, or whatever the function does. */
let answers: Record<string, object | RequestListener>;
let asked: string[];
let issuer: string;
let provider: Provider;

beforeEach(async () => {
  asked = [];
  issuer = await listen((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    asked.push(pathname);
    const answer = answers[pathname];
    if (typeof answer === "function") return answer(request, response);
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  answers = {
    "/.well-known/openid-configuration": {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256", "HS256", "none"],
    },
    "/jwks": { keys: [{ ...pair.publicKey.export({ format: "jwk" }), kid: "1", alg: "ES256" }] },
  };
  provider = connect(60); // a busy machine takes its time
});

function connect(timeout: number): Provider {
  return createProvider({
    ...{ issuer, clientId, clientSecret, url: "https://chat.example.com", host: "example.com" },
    ...{ user: "preferred_username", timeout },
  });
}

interface IdToken {
  claims?: JWTPayload;
  key?: KeyObject | Uint8Array;
  header?: { alg: string; kid?: string };
}

/** Signs in: the provider answers with this ID token, and the user's name in its claims. */
async function signIn(
  idToken: (nonce: string) => IdToken = () => ({}),
  state?: string,
): Promise<object> {
  const { transaction } = await provider.begin(redirectUri);
  const {
    claims,
    key = pair.privateKey,
    header = { alg: "ES256", kid: "1" },
  } = idToken(transaction.nonce);
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: issuer, aud: clientId, sub: "1", iat: now, exp: now + 60 };
  const payload = {
    ...{ ...usual, nonce: transaction.nonce, preferred_username: "alice" },
    ...claims,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token =
    header.alg === "none"
      ? `${encode(header)}.${encode(payload)}.`
      : await new SignJWT(payload).setProtectedHeader(header).sign(key);
  answers["/token"] ??= { access_token: "a", token_type: "Bearer", id_token: token };
  const response = new URL(redirectUri);
  response.search = String(new URLSearchParams({ code: "c", state: state ?? transaction.state }));
  return provider.finish(response, transaction);
}

describe("an ID token", () => {
  test("that is right signs its user in", async () => {
    expect(await signIn()).toMatchObject({ sub: "1", preferred_username: "alice" });
  });

  test.each<[string, (nonce: string) => IdToken]>([
    ["of an earlier sign-in", () => ({ claims: { nonce: "an earlier one" } })],
    ["without a nonce", () => ({ claims: { nonce: undefined as never } })],
    ["of another client", () => ({ claims: { aud: "other" } })],
    ["of another issuer", () => ({ claims: { iss: "https://evil.example" } })],
    ["that expired", () => ({ claims: { exp: 1_700_000_000 } })],
    ["of another's key", () => ({ key: stranger.privateKey })],
    ["without a signature", () => ({ header: { alg: "none" } })],
    [
      "signed with the client's secret",
      () => ({ header: { alg: "HS256" }, key: Buffer.from(clientSecret) }),
    ],
    [
      "signed with the public key",
      () => ({
        header: { alg: "HS256" },
        key: Buffer.from(pair.publicKey.export({ format: "pem", type: "spki" })),
      }),
    ],
  ])("%s signs nobody in", async (_, idToken) => {
    await expect(signIn(idToken)).rejects.toThrow();
    expect(asked).toContain("/token");
  });
});

test("a response with the state of another sign-in signs nobody in, though all else is right", async () => {
  await expect(signIn(undefined, "another state")).rejects.toThrow();
  expect(asked).not.toContain("/token");
});

describe("userinfo", () => {
  const without = () => ({ claims: { preferred_username: undefined as never } });

  test("is asked for the claim that the ID token lacks", async () => {
    answers["/userinfo"] = { sub: "1", preferred_username: "alice" };
    expect(await signIn(without)).toMatchObject({ sub: "1", preferred_username: "alice" });
  });

  test("of another user signs nobody in", async () => {
    answers["/userinfo"] = { sub: "2", preferred_username: "bob" };
    await expect(signIn(without)).rejects.toThrow();
  });
});

describe("a provider", () => {
  const paths = ["/.well-known/openid-configuration", "/token", "/jwks"];

  test.each(paths)("that never answers at %s is given up", async (path) => {
    answers[path] = () => {};
    provider = connect(0.5);
    await expect(signIn()).rejects.toThrow();
  });

  test.each(paths)("that never ends its answer at %s is given up", async (path) => {
    answers[path] = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    };
    provider = connect(0.5);
    await expect(signIn()).rejects.toThrow();
  });

  test.each(paths)("that redirects at %s is not followed", async (path) => {
    answers["/elsewhere"] = answers[path] ?? {};
    answers[path] = (_, response) => {
      response.writeHead(307, { location: `${issuer}/elsewhere` }).end();
    };
    await expect(signIn()).rejects.toThrow();
    expect(asked).not.toContain("/elsewhere");
  });

  test.each(paths)("that serves 10 MB at %s is read no further than it must be", async (path) => {
    let sent = 0;
    answers[path] = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(65_536, " ");
      const more = () => {
        while (sent < 10_485_760) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end("{}");
      };
      more();
    };
    await expect(signIn()).rejects.toThrow();
    expect(sent).toBeLessThan(8_000_000); // what the buffers of the sockets take beside it
  });

  test("that was away is asked again", async () => {
    const path = "/.well-known/openid-configuration";
    const { [path]: metadata } = answers;
    answers[path] = (_, response) => void response.writeHead(500).end();
    await expect(provider.begin(redirectUri)).rejects.toThrow();
    answers[path] = metadata as object;
    expect((await provider.begin(redirectUri)).url).toContain(`${issuer}/authorize?`);
  });

  test("is asked for its metadata once, however many sign in", async () => {
    await Promise.all(Array.from({ length: 20 }, () => provider.begin(redirectUri)));
    expect(asked).toEqual(["/.well-known/openid-configuration"]);
  });

  test("that calls itself by another name is refused", async () => {
    const path = "/.well-known/openid-configuration";
    answers[path] = { ...answers[path], issuer: "https://evil.example" };
    await expect(provider.begin(redirectUri)).rejects.toThrow();
  });
});
