import { describe, expect, test } from "vitest";
import { parseJws } from "../../src/credential/jws.ts";
import { encode, hmacToken } from "../support/data/jwt.ts";

const token = (header: string | object, payload: string | object = {}) =>
  hmacToken("secret", header as string, payload as string);

describe("a compact JWT", () => {
  test("is taken apart", () => {
    const header = { alg: "HS256", kid: "a", typ: "JWT" };
    expect(parseJws(token(header, { sub: "alice" }))).toMatchObject({
      header,
      claims: { sub: "alice" },
    });
  });

  test("may hold other things than claims, and white space in its JSON", () => {
    expect(parseJws(token('{ "alg" :\n"HS256" }', "foo"))).toMatchObject({
      header: { alg: "HS256" },
      claims: undefined,
    });
    expect(parseJws(token({ alg: "HS256" }, '{"a":["x:y",{"b":{}}],"c":":\\":"}'))?.claims).toEqual(
      { a: ["x:y", { b: {} }], c: ':":' },
    );
  });

  const good = token({ alg: "HS256" });
  const [header, payload, signature] = good.split(".") as [string, string, string];

  test.each([
    ["empty", ""],
    ["of two parts", `${header}.${payload}`],
    ["of four parts", `${good}.`],
    ["of five parts", `${good}.${payload}.${payload}`],
    ["without a signature", `${header}.${payload}.`],
    ["padded", `${good}=`],
    ["with white space", ` ${good}`],
    ["with a newline", `${good}\n`],
    ["in standard base64", `${header}.${payload}.++//`],
    ["with other bits at its end", `${header}.${payload}.${signature.slice(0, -1)}B`],
    ["longer than 8 KB", token({ alg: "HS256" }, { a: "x".repeat(7000) })],
    ["with a header that is no JSON", token("foo")],
    ["with a header that is a list", token("[]")],
    ["with a header that is null", token("null")],
    ["with a header that is not UTF-8", `${Buffer.from([0xff]).toString("base64url")}.e30.AAAA`],
    ["without an algorithm", token({})],
    ["with an algorithm that is no text", token({ alg: ["HS256"] })],
    ["with a kid that is no text", token({ alg: "HS256", kid: { id: 1 } })],
    ["with a name used twice", token('{"alg":"HS256","kid":"a","kid":"b"}')],
    ["with a name used twice, spelled otherwise", token('{"alg":"HS256","\\u0061lg":"none"}')],
    ...["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"].map((member) => [
      `with ${member} in its header`,
      token({ alg: "HS256", [member]: {} }),
    ]),
  ])("is not one %s", (_, text = "") => {
    expect(parseJws(text)).toBeUndefined();
  });

  test("has no claims where a name is used twice", () => {
    expect(parseJws(token({ alg: "HS256" }, '{"sub":"a","sub":"b"}'))?.claims).toBeUndefined();
    expect(parseJws(token({ alg: "HS256" }, '{"a":{"b":1,"b":2}}'))?.claims).toBeUndefined();
  });

  test("is not taken apart to its depth", () => {
    const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    expect(parseJws(`${encode(deep)}.e30.AAAA`)).toBeUndefined();
  });
});
