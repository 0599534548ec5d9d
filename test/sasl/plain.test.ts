import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodePlain, encodeXOAuth2, parsePlain, parseXOAuth2 } from "../../src/sasl/index.ts";

const field = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
const authzid = fc.option(field, { nil: undefined });

/** Leaves out what is undefined. */
function defined<T extends object>(message: T): T {
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== undefined),
  ) as T;
}

describe("PLAIN", () => {
  test.each([
    [{ username: "alice", password: "secret" }, "\0alice\0secret"],
    [
      { authzid: "alice@alpha.test", username: "alice", password: "secret" },
      "alice@alpha.test\0alice\0secret",
    ],
    // RFC 4616 section 4
    [{ authzid: "Ursel", username: "Kurt", password: "xipj3plmq" }, "Ursel\0Kurt\0xipj3plmq"],
  ])("is spelled as RFC 4616 says: %j", (message, bytes) => {
    expect(encodePlain(message)).toBe(bytes);
    expect(parsePlain(bytes)).toEqual(message);
  });

  test("comes back as it was", () => {
    fc.assert(
      fc.property(authzid, field, field, (authzid, username, password) => {
        const message = defined({ authzid, username, password });
        expect(parsePlain(encodePlain(message))).toEqual(message);
      }),
    );
  });

  test("takes a password longer than 255 bytes: a JWT is", () => {
    const password = "x".repeat(8192);
    expect(parsePlain(encodePlain({ username: "alice", password }))?.password).toBe(password);
  });

  test.each([
    "",
    "alice",
    "\0alice",
    "\0\0",
    "\0alice\0",
    "\0\0secret",
    "\0alice\0secret\0",
    "\0a\0b\0c",
  ])("is not %j", (message) => {
    expect(parsePlain(message)).toBeUndefined();
    expect(parseXOAuth2(message)).toBeUndefined();
  });
});

describe("X-OAUTH2", () => {
  test.each([
    [{ username: "alice", password: "good-token" }, "\0alice\0good-token"],
    [
      { authzid: "alice@probe.test", username: "alice", password: "good-token" },
      "alice@probe.test\0alice\0good-token",
    ],
  ])("is spelled as servers were seen to take it: %j", (message, bytes) => {
    expect(encodeXOAuth2(message)).toBe(bytes);
    expect(parseXOAuth2(bytes)).toEqual(message);
  });
});
