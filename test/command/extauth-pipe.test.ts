import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type PipedExtauth, startPipedExtauth } from "../support/cli/piped-extauth.ts";
import { signedToken } from "../support/data/jwt.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { until } from "../support/until.ts";

const yes = "00020001";
const no = "00020000";
const key = { id: "a", secret: "the-secret-of-the-north-32-bytes" };
const other = { id: "a", secret: "the-secret-of-the-south-32-bytes" };
const { password } = await mint(
  { jid: "alice@example.org", ttl: 600 },
  { keyring: new Keyring([key]) },
);
const good = `auth:alice:example.org:${password}`;

const folder = mkdtempSync(join(tmpdir(), "mayfly-pipe-"));
const file = join(folder, "mayfly.yml");
const log = join(folder, "mayfly.log");
const start = (around?: Parameters<typeof startPipedExtauth>[1]): Promise<PipedExtauth> =>
  startPipedExtauth(["--config", file], around);
/** Waits until signals count, and until files are looked at again. */
const waitForSignals = () => pause(20);
const waitForFiles = () => pause(110);
const configure = (config: object) => writeFileSync(file, stringify(config), { mode: 0o600 });

beforeEach(() => configure({ keys: [key] }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("mayfly extauth that waits for a pipe", () => {
  test("does not wake until it is asked", async () => {
    const programs = await Promise.all([1, 2, 3].map(() => start()));
    for (const program of programs) expect(await program.ask(good)).toBe(yes);
    const waits = () => programs.map((program) => program.waits());
    let before = waits();
    // It may still compile and collect garbage.
    await until(async () => {
      await pause(500);
      const last = before;
      before = waits();
      return before.join() === last.join();
    });
    await pause(2500);
    expect(waits()).toEqual(before);
    for (const program of programs) expect(await program.ask(good)).toBe(yes);
  });

  test("decides the next request by a key that was changed, and refuses by one that was removed", async () => {
    const program = await start();
    expect(await program.ask(good)).toBe(yes);
    configure({ keys: [other] });
    await waitForFiles();
    expect(await program.ask(good)).toBe(no);
    configure({ keys: [other, { ...key, id: "b" }] });
    await waitForFiles();
    expect(await program.ask(good)).toBe(yes);
    configure({ keys: [other] });
    await pause(600); // it has been still by then
    const started = performance.now();
    expect(await program.ask(good)).toBe(no);
    expect(performance.now() - started).toBeLessThan(450);
  });

  test("decides as before while a file goes on changing", async () => {
    const program = await start();
    expect(await program.ask(good)).toBe(yes);
    let number = 0;
    const writing = setInterval(
      () => configure({ keys: [other], hosts: { "*": { ttl: ++number } } }),
      50,
    );
    try {
      for (let count = 0; count < 3; count++) {
        await pause(100);
        expect(await program.ask(good)).toBe(yes);
      }
    } finally {
      clearInterval(writing);
    }
    await pause(600);
    expect(await program.ask(good)).toBe(no);
  });

  test("takes a SIGHUP up before the next request", async () => {
    configure({ keys: [key], hosts: { "other.example": {} } });
    const program = await start();
    expect(await program.ask(good)).toBe(no);
    configure({ keys: [key] });
    await waitForFiles();
    expect(await program.ask(good)).toBe(no); // hosts: is missing
    program.kill("SIGHUP");
    await waitForSignals();
    expect(await program.ask(good)).toBe(yes);
  });

  test("writes the next line to a new file once the log is rotated", async () => {
    configure({ keys: [key], log: { file: "mayfly.log" } });
    const program = await start();
    expect(await program.ask(good)).toBe(yes);
    expect(readFileSync(log, "utf8")).toContain('"accepted"');
    renameSync(log, `${log}.1`);
    const rotated = readFileSync(`${log}.1`, "utf8");
    program.kill("SIGHUP");
    await waitForSignals();
    expect(await program.ask(`auth:bob:example.org:${password}`)).toBe(no);
    expect(readFileSync(log, "utf8")).toContain('"user":"bob"');
    expect(readFileSync(`${log}.1`, "utf8")).toBe(rotated);
  });

  test("decides by a clock that has jumped meanwhile", async () => {
    const shift = join(folder, "shift");
    const clock = join(folder, "clock.mjs");
    writeFileSync(
      clock,
      `import { readFileSync } from "node:fs";
       const { now } = Date;
       Date.now = () => now() + Number(readFileSync(${JSON.stringify(shift)}, "utf8"));`,
    );
    writeFileSync(shift, "0");
    const program = await start({ options: ["--import", clock] });
    for (const [ms, reply] of [
      [0, yes],
      [3_600_000, no],
      [-3_600_000, yes],
      [0, yes],
    ] as const) {
      writeFileSync(shift, String(ms));
      expect(await program.ask(good)).toBe(reply);
    }
    expect(program.stderr()).toContain('"expired"');
  });

  test("has written its log when SIGTERM ends it, at once", async () => {
    configure({ keys: [key], log: { file: "term.log" } });
    const program = await start();
    const users = Array.from({ length: 200 }, (_, nth) => `user${nth}`);
    await program.ask(...users.map((user) => `auth:${user}:example.org:${password}`));
    program.kill("SIGTERM");
    expect(await program.exited).toEqual([null, "SIGTERM"]);
    const lines = readFileSync(join(folder, "term.log"), "utf8").trimEnd().split("\n");
    expect(lines.flatMap((line) => JSON.parse(line).user ?? [])).toEqual(users);
  });

  test("exits 0 when its input ends", async () => {
    const program = await start();
    expect(await program.ask(good)).toBe(yes);
    expect(await program.end()).toEqual([0, null]);
  });

  test("gives every reply, however late they are read", async () => {
    const program = await start();
    const many = 30_000; // a pipe holds 16,384 replies
    const replies = await program.ask(...Array<string>(many).fill("isuser:alice:example.org"));
    expect(replies).toBe(yes.repeat(many));
    expect(await program.ask(good)).toBe(yes);
  });
});

describe("mayfly extauth that cannot wait for its pipe alone", () => {
  test("answers from a pipe that does not block", async () => {
    const through = ["perl", "-MFcntl", "-e", "fcntl(STDIN, F_SETFL, O_NONBLOCK); exec @ARGV"];
    const program = await start({ through });
    expect(await program.ask(good)).toBe(yes);
    await pause(100);
    expect(await program.ask(good, good)).toBe(yes + yes);
    program.kill("SIGTERM");
    expect(await program.exited).toEqual([0, null]);
  });

  test("keeps to its event loop once it has a store", async () => {
    const program = await start();
    expect(await program.ask(good)).toBe(yes);
    configure({ keys: [key], store: "memory" });
    await waitForFiles();
    expect(await program.ask("removeuser:alice:example.org")).toBe(yes);
    expect(await program.ask(good)).toBe(no);
    program.kill("SIGTERM");
    expect(await program.exited).toEqual([0, null]);
  });

  test("waits for an issuer's keys and a slow directory, and then for its pipe", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const jwk = { ...publicKey.export({ format: "jwk" }), kid: "1", alg: "EdDSA" };
    const url = await listen(async ({ url: path }, response) => {
      if (path === "/jwks") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ keys: [jwk] }));
      } else {
        await pause(300);
        response.end(String(path?.includes("alice")));
      }
    });
    const issuer = { issuer: url, algorithms: ["EdDSA"], audience: "example.org" };
    configure({
      keys: [key],
      issuers: [{ ...issuer, jwks: `${url}/jwks` }],
      hosts: { "example.org": { users: `${url}/users` } },
    });
    const exp = Math.floor(Date.now() / 1000) + 600;
    const claims = { iss: url, aud: "example.org", sub: "alice", exp };
    const token = await signedToken(privateKey, { alg: "EdDSA", kid: "1" }, claims);
    const program = await start();
    const foreign = `auth:alice:example.org:${token}`;
    expect(await program.ask(good, foreign, good)).toBe(yes + yes + yes);
    const requests = ["isuser:alice:example.org", good, "isuser:bob:example.org", foreign];
    expect(await program.ask(...requests)).toBe(yes + yes + no + yes);
    expect(await program.ask(good)).toBe(yes);
    program.kill("SIGTERM");
    expect(await program.exited).toEqual([null, "SIGTERM"]);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
