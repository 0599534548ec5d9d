import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mayfly } from "../support/command.ts";
import { hmacToken } from "../support/jwt.ts";

const jid = "alice@example.test";
const mac = "x4Zzy4m6jLWqdLynZsDPKozh9TA=";
const now = Math.floor(Date.now() / 1000);
const folder = mkdtempSync(join(tmpdir(), "mayfly-explain-"));
const config = join(folder, "mayfly.yml");
const secret = "north";
writeFileSync(
  config,
  `keys:\n  - { id: mac, secret: ${secret} }\n  - { id: hs, secret: ${secret}, algorithm: HS256 }\n`,
);
const keyring = ["--config", config];

afterAll(() => rmSync(folder, { recursive: true }));

const explain = (...args: string[]) => mayfly(["explain", ...args]);
const facts = (...args: string[]) => JSON.parse(explain(...args, "--json").stdout);
const minted = (...args: string[]) =>
  JSON.parse(mayfly(["mint", jid, "--json", ...keyring, ...args]).stdout);

describe("mayfly explain, without a key", () => {
  test("takes an inline password apart", () => {
    const { status, stdout } = explain(`1893456000:${mac}`);
    expect(stdout).toMatch(
      /^format {8}"mojoauth"\npresentation {2}"inline"\nexpires {7}2030-01-01T00:00:00Z \(in \d+ d\)\n$/,
    );
    expect(status).toBe(0);
    expect(facts(`1893456000:${mac}`)).toEqual({
      format: "mojoauth",
      presentation: "inline",
      expires: 1893456000,
    });
  });

  test("says how long it will live, or has been over", () => {
    expect(explain(`${now + 250}:${mac}`).stdout).toContain("(in 4 min)");
    expect(explain(`${now - 7200}:${mac}`).stdout).toContain("(2 h ago)");
  });

  test("says that an expiry may be in milliseconds", () => {
    expect(explain(`1893456000000:${mac}`).stdout).toContain("may be in milliseconds");
  });

  test("takes a token and a username apart, with all of their id", () => {
    const id = "@alice:example.test";
    const parts = { format: "mojoauth", id, expires: 1893456000 };
    expect(facts(`1893456000:${id}:${mac}`)).toEqual({ ...parts, presentation: "token" });
    expect(facts(mac, "--username", `1893456000:${id}`)).toEqual({
      ...parts,
      presentation: "username",
    });
  });

  test("takes a JWT apart", () => {
    const claims = { sub: jid, exp: 1893456000, note: "a\u001b[2Jb" };
    const token = hmacToken("unknown", { alg: "HS256", kid: "k", typ: "JWT" }, claims);
    expect(facts(token)).toEqual({
      format: "jwt",
      algorithm: "HS256",
      key: "k",
      type: "JWT",
      expires: 1893456000,
      claims,
    });
    const { stdout } = mayfly(["explain", "-"], { input: `${token}\n` });
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
  ])("says why %j is no credential: exit 1", (text, problem) => {
    const { status, stdout } = explain("--", text);
    expect(stdout).toContain(problem);
    expect(status).toBe(1);
  });
});

describe("mayfly explain, with the keyring", () => {
  test.each([
    ["token", ["--present", "token"]],
    ["JWT", ["--key", "hs"]],
  ])("says whom a %s lets in", (_, args) => {
    const { password } = minted(...args);
    expect(facts(password, ...keyring)).toMatchObject({
      jid,
      decision: { ok: true, user: "alice" },
    });
    expect(explain(password, ...keyring).stdout).toMatch(/decision {6}accepted, key (mac|hs)\n$/);
  });

  test("says it of an inline password for who is named", () => {
    const { password } = minted();
    expect(facts(password, ...keyring)).not.toHaveProperty("decision");
    expect(facts(password, ...keyring, "--jid", jid)).toMatchObject({ decision: { ok: true } });
    const bob = facts(password, ...keyring, "--jid", "bob@example.test");
    expect(bob.decision).toEqual({ ok: false, reason: "bad-signature" });
  });

  test("says why a credential would be refused", () => {
    const claims = {
      sub: jid,
      aud: "example.test",
      scope: "sasl_auth",
      iat: now - 60,
      exp: now - 9,
    };
    const token = hmacToken(secret, { alg: "HS256", kid: "hs" }, claims);
    const { stdout } = explain(token, ...keyring);
    expect(stdout).toContain("s ago)");
    expect(stdout).toMatch(/\njid {11}"alice@example\.test"\ndecision {6}refused: expired\n$/);
  });

  test("shows no secret", () => {
    for (const args of [[], ["--key", "hs"]]) {
      const { stdout, stderr } = explain(minted(...args).password, ...keyring, "--jid", jid);
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test("ends with exit 2 where the keyring cannot be read", () => {
    const { status, stderr } = explain(`1893456000:${mac}`, "--config", "none.yml", "--jid", jid);
    expect(stderr).toMatch(/^mayfly: none\.yml: cannot be read[^\n]*\n$/);
    expect(status).toBe(2);
  });
});
