import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRequest } from "../../src/extauth/request.ts";

const parse = (payload: string) => parseRequest(Buffer.from(payload));

describe("a request", () => {
  test.each([
    [
      "auth:zoe:example.org:okpw",
      { op: "auth", user: "zoe", host: "example.org", password: "okpw" },
    ],
    ["isuser:zoe:example.org", { op: "isuser", user: "zoe", host: "example.org", password: "" }],
    ["auth::example.org:okx", { op: "auth", user: "", host: "example.org", password: "okx" }],
    ["auth:a:bücher.example:x", { op: "auth", user: "a", host: "bücher.example", password: "x" }],
    [
      "removeuser:zoe:example.org",
      { op: "removeuser", user: "zoe", host: "example.org", password: "" },
    ],
  ])("%s is taken apart", (payload, request) => {
    expect(parse(payload)).toEqual(request);
  });

  test("has all that follows the third colon as its password", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (password) => {
        const isText = Buffer.from(password).toString() === password;
        const expected = isText ? password : expect.stringContaining("\ufffd");
        expect(parse(`auth:alice:example.org:${password}`)?.password).toEqual(expected);
      }),
    );
  });

  test("takes nothing for text that is none, and nothing away", () => {
    const bytes = Buffer.from("auth:alice:example.org:a\xffb", "latin1");
    expect(parseRequest(bytes)?.password).toBe("a\ufffdb");
    expect(parse("auth:\ufeffalice:example.org:\ufeffx")).toMatchObject({
      user: "\ufeffalice",
      password: "\ufeffx",
    });
  });

  test.each([
    "",
    ":",
    "auth",
    "auth:alice",
    "auth:alice:example.org",
    "isuser:a",
    "isuser:a:b:c",
    "::",
    "login:a:b:c",
    "AUTH:a:b:c",
    "auth\n:a:b:c",
    "toString:a:b:c",
  ])("is not %j", (payload) => {
    expect(parse(payload)).toBeUndefined();
  });

  test("has no user or host that is not UTF-8", () => {
    expect(parseRequest(Buffer.from("auth:\xff:example.org:x", "latin1"))).toBeUndefined();
    expect(parseRequest(Buffer.from("auth:alice:\xff:x", "latin1"))).toBeUndefined();
  });
});
