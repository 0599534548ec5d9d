import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MintedCredential } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { verify } from "../../src/verify/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { rowsOf } from "../support/docs/table.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("README.md");
const tryIt = page.take("try-it");
const setUp = page.take("set-up");
const minting = page.take("minting");
const loggingIn = page.take("logging-in");

const secret = "a secret of the front page";
const keyring = new Keyring([{ id: "2026-11", secret }]);
const jid = "alice@example.com";

describe("try it", () => {
  test("has commands that there are, those that need nothing first", () => {
    const lines = tryIt.split("\n").filter(Boolean);
    expect(lines.map((line) => line.split(/ *#/)[0])).toEqual([
      "npm install && npm run demo",
      "npm install && npm test",
      "npm run demo:web",
      "npm run demo:call",
    ]);
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const names = lines.map((line) => /npm (?:run )?(demo\S*|test)/.exec(line)?.[1]);
    expect(Object.keys(JSON.parse(text).scripts)).toEqual(expect.arrayContaining(names));
  });
});

describeAsRoot("ejabberd")("set it up", () => {
  let machine: Machine;
  afterEach(() => machine?.stop());

  test("writes a configuration that mints", async () => {
    machine = await startMachine(["example.com"]);
    expect(machine.install(setUp)).toContain("wrote /etc/mayfly/mayfly.yml and its key");
    expect(machine.sh(`mayfly mint ${jid}`)).toContain("password");
  });
});

describe("use it", () => {
  test("mints", async () => {
    const app = new Hono();
    vi.stubEnv("MAYFLY_SECRET", secret);
    await runSnippet(minting, {
      given: {
        app: 'import("hono").Hono',
        userOf: '(c: import("hono").Context) => string',
      },
      values: { app, userOf: () => "alice" },
    });
    vi.unstubAllEnvs();
    const answer = await app.request("/credentials");
    const { password, ttl } = (await answer.json()) as MintedCredential;
    expect(ttl).toBe(600);
    const login = { user: "alice", host: "example.com", password };
    expect(await verify(login, { keyring })).toMatchObject({ ok: true, key: "2026-11" });
  });

  test("logs in as the page of the client does", () => {
    expect(openPage("docs/client.md").take("log-in")).toBe(loggingIn);
  });
});

test("each row of what it works with names its tests, which are there", () => {
  const rows = rowsOf("README.md").filter(({ heading }) => heading === "Works with");
  expect(rows.length).toBeGreaterThan(15);
  for (const { cells } of rows) {
    const named = [...(cells.at(-1) ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
    expect(named.length, cells[0]).toBeGreaterThan(0);
    for (const path of named) {
      expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    }
  }
});

test("the index names each page there is", () => {
  const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const pages = readdirSync(new URL("../../docs/", import.meta.url)).filter((it) =>
    it.endsWith(".md"),
  );
  expect(pages.filter((name) => !text.includes(`](docs/${name})`))).toEqual([]);
});
