import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { main } from "../support/cli/run-cli.ts";
import { copySingle } from "../support/cli/standalone.ts";
import { frame } from "../support/data/frames.ts";
import { signedToken } from "../support/data/jwt.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-single-"));
const alone = join(folder, "alone");
mkdirSync(alone);
const single = copySingle(alone);
const command = [process.execPath, main, "extauth"];
const file = [process.execPath, single];

const keys: KeyInput[] = [
  { id: "north", secret: "the-secret-of-the-north-32-bytes" },
  { id: "jwt", secret: "a secret of JWTs, of 32 bytes at least", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const issuer = "https://id.example.com";
const pair = generateKeyPairSync("ed25519");
const jwks = {
  keys: [{ ...pair.publicKey.export({ format: "jwk" }), kid: "1", alg: "EdDSA" }],
};
writeFileSync(join(folder, "jwks.json"), JSON.stringify(jwks));
const config = write("mayfly.yml", {
  keys,
  issuers: [
    {
      issuer,
      jwks: "file:jwks.json",
      algorithms: ["EdDSA"],
      audience: "example.org",
    },
  ],
});

const exp = Math.floor(Date.now() / 1000) + 600;
const claims = { iss: issuer, aud: "example.org", sub: "alice", exp };
const [mac, token, jwt, foreign] = await Promise.all([
  mint({ jid: "alice@example.org" }, { keyring }).then(({ password }) => password),
  mint({ jid: "alice@example.org", present: "token" }, { keyring }).then((it) => it.password),
  mint({ jid: "alice@example.org", key: "jwt" }, { keyring }).then(({ password }) => password),
  signedToken(pair.privateKey, { alg: "EdDSA", kid: "1" }, claims),
]);
const good = `auth:alice:example.org:${mac}`;

function write(name: string, content: object): string {
  const path = join(folder, name);
  writeFileSync(path, stringify(content), { mode: 0o600 });
  return path;
}

/** Runs a program over its whole input. */
function run([name = "", ...args]: string[], input: Buffer | string) {
  const env = {
    PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
  };
  const { stdout, stderr, status } = spawnSync(name, args, {
    cwd: alone,
    env,
    input,
  });
  return { replies: stdout.toString("hex"), log: stderr.toString(), status };
}

/** The first thing that a program logs. */
function firstLine(program: string[]): { level: string; msg: string } {
  const { replies, log, status } = run(program, frame(good));
  expect({ replies, status }).toEqual({ replies: "00020000", status: 0 });
  return JSON.parse(log.split("\n")[0] ?? "");
}

afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ["the command", command],
  ["the file, alone in a folder", file],
])("%s", (_, program) => {
  test("accepts what is good and nothing else", () => {
    const requests = [
      ...[mac, token, jwt, foreign].map((password) => `auth:alice:example.org:${password}`),
      ...[mac, token, jwt, foreign].map((password) => `auth:bob:example.org:${password}`),
      ...["isuser:alice:example.org", "setpass:alice:example.org:new", "nonsense", ""],
    ];
    const { replies, status } = run(
      [...program, "--config", config],
      Buffer.concat(requests.map(frame)),
    );
    const answers = replies.match(/.{8}/g)?.map((reply) => reply.at(-1));
    expect(answers?.join("")).toBe("1111" + "0000" + "1000");
    expect(status).toBe(0);
  });

  test("speaks Prosody's lines", () => {
    const { replies } = run(
      [...program, "--config", config, "--protocol", "prosody"],
      `${good}\n${good}x\n`,
    );
    expect(Buffer.from(replies, "hex").toString()).toBe("1\n0\n");
  });
});

describe("the file", () => {
  test("runs by its own name", () => {
    expect(run([single, "--config", config], frame(good)).replies).toBe("00020001");
  });

  test.each([
    ["a broken mayfly.yml", ["--config", write("broken.yml", { keys: [{ id: "north" }] })]],
    ["a missing mayfly.yml", ["--config", join(folder, "none.yml")]],
    ["an unknown flag", ["--bogus"]],
    ["an unknown protocol", ["--protocol", "smtp"]],
  ])("with %s answers 0, and logs what the command logs", (_, args) => {
    const { level, msg } = firstLine([...file, ...args]);
    expect(level).toBe("error");
    expect(msg).toBe(firstLine([...command, ...args]).msg);
  });

  test.each(["memory", "lmdb:state", "redis://localhost"])(
    "says that it has no store %s",
    (store) => {
      const path = write("store.yml", { keys, store });
      expect(firstLine([...file, "--config", path]).msg).toBe(
        `${path}: store: the standalone mayfly-extauth.mjs has no store; run mayfly extauth, or leave store: out`,
      );
    },
  );

  test("answers as soon as the command, or sooner", () => {
    const times = { command: [] as number[], file: [] as number[] };
    for (let round = 0; round < 7; round++) {
      times.command.push(timeOf(command));
      times.file.push(timeOf(file));
    }
    expect(median(times.file) / median(times.command)).toBeLessThan(1.2);
  });
});

function timeOf(program: string[]): number {
  const start = performance.now();
  expect(run([...program, "--config", config], frame(good)).replies).toBe("00020001");
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
