import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mayflyHere } from "../support/cli/run-in-process.ts";
import { hmacToken } from "../support/data/jwt.ts";

const jid = "alice@example.test";
const mac = "x4Zzy4m6jLWqdLynZsDPKozh9TA=";
const now = Math.floor(Date.now() / 1000);
const folder = mkdtempSync(join(tmpdir(), "mayfly-explain-"));
const config = join(folder, "mayfly.yml");
const secret = "the-secret-of-the-north-32-bytes";
writeFileSync(
  config,
  `keys:\n  - { id: mac, secret: ${secret} }\n  - { id: hs, secret: "${secret}, JWTs", algorithm: HS256 }\n`,
);
const keyring = ["--config", config];

afterAll(() => rmSync(folder, { recursive: true }));

const explain = (...args: string[]) => mayflyHere(["explain", ...args]);
const facts = async (...args: string[]) =>
  JSON.parse((await mayflyHere(["explain", ...args, "--json"])).stdout);
const minted = async (...args: string[]) =>
  JSON.parse((await mayflyHere(["mint", jid, "--json", ...keyring, ...args])).stdout);

describe("mayfly explain, without a key", () => {
  test("takes an inline password apart", async () => {
    const { status, stdout } = await explain(`1893456000:${mac}`);
    expect(stdout).toMatch(
      /^format {8}"mojoauth"\npresentation {2}"inline"\nexpires {7}2030-01-01T00:00:00Z \(in \d+ d\)\n$/,
    );
    expect(status).toBe(0);
    expect(await facts(`1893456000:${mac}`)).toEqual({
      format: "mojoauth",
      presentation: "inline",
      expires: 1893456000,
    });
  });

  test("says how long it will live, or has been over", async () => {
    expect((await explain(`${now + 250}:${mac}`)).stdout).toContain("(in 4 min)");
    expect((await explain(`${now - 7200}:${mac}`)).stdout).toContain("(2 h ago)");
  });

  test("says that an expiry may be in milliseconds", async () => {
    expect((await explain(`1893456000000:${mac}`)).stdout).toContain("may be in milliseconds");
  });

  test.each<[string, string[], string]>([
    ["milliseconds", [`1893456000000:${mac}`], "which gives 1893456000"],
    ["milliseconds beside a MAC", [mac, "--username", "1893456000000:alice"], "in milliseconds"],
    [
      "a MAC without padding",
      [mac.replace("=", ""), "--username", "1893456000:alice"],
      "no padding: =",
    ],
    [
      "a MAC in base64url",
      [mac.replace("4", "_"), "--username", "1893456000:alice"],
      "in base64url",
    ],
    ["a MAC in hexadecimal", ["ab".repeat(20), "--username", "1893456000:alice"], "in hexadecimal"],
    [
      "milliseconds in a JWT",
      [hmacToken("unknown", { alg: "HS256" }, { exp: 1893456000000, iat: 1 })],
      "exp may be in milliseconds",
    ],
  ])("says that a credential has %s", async (_, args, note) => {
    const said = await explain(...args);
    expect(said.stdout).toMatch(new RegExp(`^note .*${note}`, "m"));
    expect(said.status).toBe(0);
  });

  test.each<[string, string[]]>([
    ["an inline password", [`1893456000:${mac}`]],
    ["a token", [`1893456000:alice:${mac}`]],
    ["a username", [mac, "--username", "1893456000:alice"]],
    ["a MAC by SHA-512", [`1893456000:${"A".repeat(86)}==`]],
    ["an id of digits", [`1893456000:1893456000000:${mac}`]],
    ["a JWT", [hmacToken("unknown", { alg: "HS256" }, { exp: 1893456000 })]],
  ])("has nothing to say against %s", async (_, args) => {
    expect(await facts(...args)).not.toHaveProperty("note");
  });

  test.each<[string, string[], string[]]>([
    ["the id first", [`alice@example.test:1893456000:${mac}`], ["is <id>:<expiry>"]],
    ["the id first, beside a MAC", [mac, "--username", "alice:1893456000"], ["is <id>:<expiry>"]],
    ["no padding", [`1893456000:${mac.replace("=", "")}`], ["no padding: = is missing"]],
    ["no padding, in a token", [`1893456000:alice:${mac.replace("=", "")}`], ["no padding: ="]],
    ["no padding of two", [`1893456000:${"A".repeat(86)}`], ["no padding: == is missing"]],
    ["hexadecimal", [`1893456000:${"ab".repeat(20)}`], ["in hexadecimal"]],
    ["base64url without padding", [`1893456000:${"_".repeat(27)}`], ["in base64url", "no padding"]],
    [
      "all of it",
      [`alice:1893456000000:${mac.replace("=", "")}`],
      ["is <id>:<expiry>", "in milliseconds", "no padding"],
    ],
    ["no expiry in its username", [mac, "--username", "alice"], ["does not begin with an expiry"]],
  ])("says what is wrong with a credential that has %s: exit 1", async (_, args, problems) => {
    const { status, stdout } = await explain(...args);
    for (const problem of problems) expect(stdout).toContain(problem);
    expect(status).toBe(1);
  });

  test("takes a token and a username apart, with all of their id", async () => {
    const id = "@alice:example.test";
    const parts = { format: "mojoauth", id, expires: 1893456000 };
    expect(await facts(`1893456000:${id}:${mac}`)).toEqual({ ...parts, presentation: "token" });
    expect(await facts(mac, "--username", `1893456000:${id}`)).toEqual({
      ...parts,
      presentation: "username",
    });
  });

  test("takes a JWT apart", async () => {
    const claims = { sub: jid, exp: 1893456000, note: "a\u001b[2Jb" };
    const token = hmacToken("unknown", { alg: "HS256", kid: "k", typ: "JWT" }, claims);
    expect(await facts(token)).toEqual({
      format: "jwt",
      algorithm: "HS256",
      key: "k",
      type: "JWT",
      expires: 1893456000,
      claims,
    });
    const { stdout } = await mayflyHere(["explain", "-"], { input: `${token}\n` });
    expect(stdout).toContain('  sub         "alice@example.test"\n');
    expect(stdout).toContain("  exp         2030-01-01T00:00:00Z (in ");
    expect(stdout).toContain("\\u001b[2J");
  });

  test.each([
    ["", "it is empty"],
    ["letmein", "it is neither <expiry>:<mac>"],
    [`1893456000:${mac} `, "white space around it"],
    [`1893456000:${mac.replace("4", "_")}`, "its MAC is in base64url"],
    ["1893456000:alice", "there is no MAC in padded base64"],
    ["e30.e30", "it is neither"],
    ["e30.e30.e30.e30.e30", "an encrypted token (JWE)"],
    ["e30=.e30.e30", "not in base64url without padding"],
    ["e30.e30.AAAA", "its header is not one that we take"],
    [`e30.${"A".repeat(9000)}.AAAA`, "longer than 8192 bytes"],
  ])("says why %j is no credential: exit 1", async (text, problem) => {
    const { status, stdout } = await explain("--", text);
    expect(stdout).toContain(problem);
    expect(status).toBe(1);
  });
});

describe("mayfly explain, with the keyring", () => {
  test.each([
    ["token", ["--present", "token"]],
    ["JWT", ["--key", "hs"]],
  ])("says whom a %s lets in", async (_, args) => {
    const { password } = await minted(...args);
    expect(await facts(password, ...keyring)).toMatchObject({
      jid,
      decision: { ok: true, user: "alice" },
    });
    expect((await explain(password, ...keyring)).stdout).toMatch(
      /decision {6}accepted, key (mac|hs)\n$/,
    );
  });

  test("says it of an inline password for who is named", async () => {
    const { password } = await minted();
    expect(await facts(password, ...keyring)).not.toHaveProperty("decision");
    expect(await facts(password, ...keyring, "--jid", jid)).toMatchObject({
      decision: { ok: true },
    });
    const bob = await facts(password, ...keyring, "--jid", "bob@example.test");
    expect(bob.decision).toEqual({ ok: false, reason: "bad-signature" });
  });

  test("says why a credential would be refused", async () => {
    const claims = {
      sub: jid,
      aud: "example.test",
      scope: "sasl_auth",
      iat: now - 60,
      exp: now - 9,
    };
    const token = hmacToken(`${secret}, JWTs`, { alg: "HS256", kid: "hs" }, claims);
    const { stdout } = await explain(token, ...keyring);
    expect(stdout).toContain("s ago)");
    expect(stdout).toMatch(/\njid {11}"alice@example\.test"\ndecision {6}refused: expired\n$/);
  });

  test("shows no secret", async () => {
    for (const args of [[], ["--key", "hs"]]) {
      const { stdout, stderr } = await explain(
        (await minted(...args)).password,
        ...keyring,
        "--jid",
        jid,
      );
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test("ends with exit 2 where the keyring cannot be read", async () => {
    const { status, stderr } = await explain(
      `1893456000:${mac}`,
      "--config",
      "none.yml",
      "--jid",
      jid,
    );
    expect(stderr).toMatch(/^mayfly: none\.yml: cannot be read[^\n]*\n$/);
    expect(status).toBe(2);
  });
});
