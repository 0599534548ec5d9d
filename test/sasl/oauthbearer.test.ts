import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeOAuthBearer,
  encodeOAuthBearerError,
  oauthBearerAcknowledgement,
  parseOAuthBearer,
  parseOAuthBearerError,
} from "../../src/sasl/index.ts";

const token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

describe("OAUTHBEARER", () => {
  test.each([
    [
      "an authzid",
      { authzid: "user@example.com", token: "t" },
      "n,a=user@example.com,\x01auth=Bearer t\x01\x01",
    ],
    ["no authzid", { token: "good-token" }, "n,,\x01auth=Bearer good-token\x01\x01"],
    [
      "an authzid that needs escaping",
      { authzid: "a=b,c=2C@example.com", token: "t" },
      "n,a=a=3Db=2Cc=3D2C@example.com,\x01auth=Bearer t\x01\x01",
    ],
    [
      "a token of ours",
      { token: "1893456000:alice@example.com:x4Zzy4m6jLWqdLynZsDPKozh9TA=" },
      "n,,\x01auth=Bearer 1893456000:alice@example.com:x4Zzy4m6jLWqdLynZsDPKozh9TA=\x01\x01",
    ],
  ])("is spelled as RFC 7628 says: %s", (_, message, bytes) => {
    expect(encodeOAuthBearer(message)).toBe(bytes);
    expect(parseOAuthBearer(bytes)).toEqual({ binding: "n", ...message });
  });

  test.each([
    [
      "RFC 7628 section 4.1",
      `n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer ${token}\x01\x01`,
      { authzid: "user@example.com", host: "server.example.com", port: 143, token },
    ],
    ["a client that could bind", "y,,\x01auth=Bearer t\x01\x01", { binding: "y", token: "t" }],
    [
      "a client that binds",
      "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
      { binding: "p=tls-exporter", token: "t" },
    ],
  ])("is read as RFC 7628 says: %s", (_, bytes, message) => {
    expect(parseOAuthBearer(bytes)).toEqual({ binding: "n", ...message });
  });

  test("comes back as it was", () => {
    const text = fc.string({ unit: "binary", minLength: 1 });
    const word = text.filter((it) => !/[\s\p{Cc}]/u.test(it));
    fc.assert(
      fc.property(word, word, (authzid, token) => {
        const message = { binding: "n" as const, authzid, token };
        expect(parseOAuthBearer(encodeOAuthBearer(message))).toEqual(message);
      }),
    );
  });

  test("may name the scheme in any case and have pairs that nobody knows", () => {
    const message = "n,,\x01x=\x01auth=bearer t\x01y=a=b\x01\x01";
    expect(parseOAuthBearer(message)).toEqual({ binding: "n", token: "t" });
  });

  test.each([
    "",
    "\x01",
    "n,,",
    "n,,\x01\x01",
    "n,,\x01auth=Bearer t\x01",
    "n,,\x01auth=Bearer t\x01\x01\x01",
    "n,,auth=Bearer t\x01\x01",
    "n\x01auth=Bearer t\x01\x01",
    "n,alice@example.com,\x01auth=Bearer t\x01\x01",
    "n,a=,\x01auth=Bearer t\x01\x01",
    "n,a=a=b,\x01auth=Bearer t\x01\x01",
    "n,a=a=3d,\x01auth=Bearer t\x01\x01",
    "n,a=a,b,\x01auth=Bearer t\x01\x01",
    "n,a=a\0,\x01auth=Bearer t\x01\x01",
    "x,,\x01auth=Bearer t\x01\x01",
    "p=,,\x01auth=Bearer t\x01\x01",
    "n,,\x01auth=Bearer \x01\x01",
    "n,,\x01auth=Bearer t u\x01\x01",
    "n,,\x01auth=Basic t\x01\x01",
    "n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
    "n,,\x01port=x\x01auth=Bearer t\x01\x01",
    "n,,\x01=x\x01auth=Bearer t\x01\x01",
  ])("is not %j", (message) => {
    expect(parseOAuthBearer(message)).toBeUndefined();
  });
});

describe("the refusal of a token", () => {
  test("is a challenge in JSON", () => {
    const error = { status: "invalid_token", scope: "xmpp" };
    const challenge = encodeOAuthBearerError(error);
    expect(challenge).toBe('{"status":"invalid_token","scope":"xmpp"}');
    expect(parseOAuthBearerError(challenge)).toEqual(error);
    expect(oauthBearerAcknowledgement).toBe("\x01");
  });

  test.each(["", "null", "{}", '{"status":400}', '"invalid_token"', "invalid_token"])(
    "is not %j",
    (challenge) => {
      expect(parseOAuthBearerError(challenge)).toBeUndefined();
    },
  );
});
