import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { type Answer, answerWith, runProgram } from "../../src/extauth/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Login, userExists, verify } from "../../src/verify/index.ts";
import { frame } from "../support/frames.ts";

const keyring = new Keyring([{ id: "north", secret: "north" }]);
const { password } = await mint({ jid: "alice@example.org" }, { keyring });
const verifier = {
  verify: (login: Login) => verify(login, { keyring }),
  userExists: (user: string, host: string) => userExists(user, host, { keyring }),
};
const good = `auth:alice:example.org:${password}`;

/** Runs the program over requests: the bytes of its replies, and what it logged. */
async function run(
  requests: (string | Buffer)[],
  answerer?: Answer,
): Promise<{ replies: string; logged: string }> {
  const write = vi.fn();
  const log = { info: write, warn: write, error: write };
  const output = new PassThrough();
  const input = Readable.from(requests.map(frame));
  const answer = answerer ?? answerWith(verifier, log);
  await runProgram({ input, output: output, answer, log });
  output.end();
  return {
    replies: (await buffer(output)).toString("hex"),
    logged: JSON.stringify(write.mock.calls),
  };
}

describe("the program", () => {
  test("answers each request once, in order", async () => {
    const requests = [good, `auth:bob:example.org:${password}`, good, "isuser:zoe:example.org"];
    const { replies } = await run(requests);
    expect(replies).toBe("00020001" + "00020000" + "00020001" + "00020001");
  });

  test.each([
    ["garbage", "\x00\x01garbage"],
    ["nothing", ""],
    ["a request without a password", "auth:alice:example.org"],
    ["an empty user", `auth::example.org:${password}`],
    ["65535 bytes", good + "A".repeat(65_535 - good.length)],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x3a, 0x3a, 0x3a])],
    ["setpass", "setpass:alice:example.org:secret"],
    ["tryregister", "tryregister:alice:example.org:secret"],
    ["removeuser", "removeuser:alice:example.org"],
    ["removeuser3", `removeuser3:alice:example.org:${password}`],
    ["certauth", "certauth:alice:example.org:secret"],
    ["an unknown operation", `login:alice:example.org:${password}`],
  ])("answers 0 to %s, and 1 to the good request behind it", async (_, request) => {
    expect((await run([request, good])).replies).toBe("00020000" + "00020001");
  });

  test("answers 0 where deciding fails, and goes on", async () => {
    let calls = 0;
    const { replies, logged } = await run([good, good], () => {
      if (calls++ === 0) throw new Error("broken");
      return true;
    });
    expect(replies).toBe("00020000" + "00020001");
    expect(logged).toContain("could not be decided");
  });

  test("logs each decision, and never a password", async () => {
    const mac = password.split(":")[1] ?? "";
    const { logged } = await run([good, `auth:bob:example.org:${password}`, `x:${password}::`]);
    expect(logged).toContain('"user":"alice","host":"example.org","ok":true,"key":"north"');
    expect(logged).toContain(
      '"user":"bob","host":"example.org","ok":false,"reason":"bad-signature"',
    );
    expect(logged).not.toContain(mac);
  });
});
