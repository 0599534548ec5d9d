import { client } from "@xmpp/client";
import { describe, expect, test, vi } from "vitest";
import { type MintedCredential, mayfly, OAuthBearer, XOAuth2 } from "../../src/client/index.ts";

interface Mechanism {
  name: string;
  response(credential: object): string;
}
const factoryOf = (xmpp: object) =>
  (xmpp as { saslFactory: { _mechs: object[]; create(names: string[]): Mechanism } }).saslFactory;

const credential = {
  jid: "alice@example.com",
  username: "alice",
  ...{ ttl: 600, expires: 1893456000 },
};
const inline = { ...credential, password: "1893456000:x4Zzy4m6jLWqdLynZsDPKozh9TA=" };
const username = {
  ...credential,
  username: "1893456000:alice@example.com",
  password: "x4Zzy4m6jLWqdLynZsDPKozh9TA=",
  authzid: "alice@example.com",
};
const umlaut = { ...username, username: "1893456000:jürgen@example.com" };
const token = {
  ...credential,
  password: "1893456000:alice@example.com:x4Zzy4m6jLWqdLynZsDPKozh9TA=",
};
const jwt = {
  ...credential,
  password: "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9",
};

/** The mechanism that a credential is presented by, where these are offered. */
async function chosen(minted: MintedCredential, offered: string[]): Promise<string> {
  const authenticate = vi.fn(async (_: object, mechanism: string) => void mechanism);
  const { credentials } = mayfly({ mint: () => minted });
  await credentials(authenticate, offered, null, { isSecure: () => true });
  return authenticate.mock.calls[0]?.[1] ?? "";
}

describe("the mechanism", () => {
  test.each([
    ["inline password", inline, ["SCRAM-SHA-1", "PLAIN", "OAUTHBEARER", "X-OAUTH2"], "PLAIN"],
    ["MojoAuth username", username, ["PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-1"],
    ["MojoAuth username", username, ["PLAIN", "X-OAUTH2"], "PLAIN"],
    ["MojoAuth username that is not ASCII", umlaut, ["PLAIN", "SCRAM-SHA-1"], "PLAIN"],
    ["token", token, ["PLAIN", "OAUTHBEARER", "X-OAUTH2"], "PLAIN"],
    ["token", token, ["OAUTHBEARER", "X-OAUTH2"], "X-OAUTH2"],
    ["token", token, ["OAUTHBEARER"], "OAUTHBEARER"],
    ["JWT", jwt, ["SCRAM-SHA-1", "X-OAUTH2"], "X-OAUTH2"],
    ["minted for it", { ...token, mechanism: "X-OAUTH2" }, ["PLAIN", "X-OAUTH2"], "X-OAUTH2"],
    [
      "minted for it",
      { ...jwt, mechanism: "OAUTHBEARER" },
      ["PLAIN", "OAUTHBEARER"],
      "OAUTHBEARER",
    ],
  ])("of a credential (%s) is chosen from what is offered", async (_, minted, offered, best) => {
    expect(await chosen(minted, offered)).toBe(best);
  });

  test.each([
    ["minted for another", { ...inline, mechanism: "X-OAUTH2" }, ["PLAIN", "OAUTHBEARER"]],
    ["not for SCRAM", jwt, ["SCRAM-SHA-1"]],
  ])(
    "is none where the credential is %s, and the error says what was offered",
    async (_, minted, offered) => {
      await expect(chosen(minted, offered)).rejects.toMatchObject({
        code: "ERR_MECHANISM",
        message: expect.stringContaining(offered.join(", ")),
      });
    },
  );
});

describe("install", () => {
  test("adds what is missing to the real @xmpp/client, once", () => {
    const xmpp = client({ service: "wss://localhost/ws", domain: "example.com" });
    const before = factoryOf(xmpp)._mechs.length;
    const { install } = mayfly({ mint: () => inline });
    install(xmpp);
    install(xmpp);
    expect(factoryOf(xmpp)._mechs).toHaveLength(before + 2);
    for (const name of ["X-OAUTH2", "OAUTHBEARER"]) {
      expect(factoryOf(xmpp).create([name])).toMatchObject({ name, clientFirst: true });
    }
  });
});

describe("the initial response", () => {
  const authzid = "alice@probe.test";
  const alice = { username: "alice", password: "good-token" };

  test.each([
    ["PLAIN", alice, "\0alice\0good-token"],
    ["PLAIN", { ...alice, authzid }, "alice@probe.test\0alice\0good-token"],
    ["X-OAUTH2", alice, "\0alice\0good-token"],
    ["X-OAUTH2", { ...alice, authzid }, "alice@probe.test\0alice\0good-token"],
    ["OAUTHBEARER", alice, "n,,\x01auth=Bearer good-token\x01\x01"],
    [
      "OAUTHBEARER",
      { ...alice, authzid },
      "n,a=alice@probe.test,\x01auth=Bearer good-token\x01\x01",
    ],
  ])("of %s is what servers were seen to take: %j", (name, creds, bytes) => {
    const xmpp = client({ service: "wss://localhost/ws", domain: "example.com" });
    mayfly({ mint: () => inline }).install(xmpp);
    expect(factoryOf(xmpp).create([name]).response(creds)).toBe(bytes);
  });

  test("of OAUTHBEARER is followed by ^A when the token is refused", () => {
    const mechanism = new OAuthBearer();
    mechanism.response(alice);
    mechanism.challenge();
    expect(mechanism.response(alice)).toBe("\x01");
  });

  test.each([OAuthBearer, XOAuth2])(
    "of %o is refused where a field would end early, or is no text",
    (Mechanism) => {
      for (const wrong of [
        { username: "" },
        { username: "half \ud83d" },
        { password: "a\0b" },
        { authzid: "a\x01b@example.com" },
      ]) {
        expect(() => new Mechanism().response({ ...alice, ...wrong })).toThrow(
          expect.objectContaining({ code: "ERR_CREDENTIAL" }),
        );
      }
    },
  );
});
