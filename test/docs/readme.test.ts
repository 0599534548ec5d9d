import { readdirSync, readFileSync } from "node:fs";
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MintedCredential } from "../../src/credential/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { verify } from "../../src/verify/index.ts";
import { mayfly } from "../support/command.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { describeAsRoot } from "../support/needs.ts";
import { runSnippet } from "../support/snippet.ts";
import { openTerminal } from "../support/terminal.ts";

const page = openPage("README.md");
page.take("", "shared secret"); // a picture
const tryIt = page.take("sh", "npm run demo");
const setUp = page.take("sh", "mayfly init --server ejabberd --host");
const minting = page.take("ts", "app.get");
const loggingIn = page.take("ts", "login.install");
const verifying = page.take("ts", "decision");
const commands = page.take("sh", "mayfly mint alice@example.com --ttl 10m [");
const format = page.take("", "HMAC-SHA1");
const inShell = page.take("sh", "openssl");

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
    expect(openPage("docs/client.md").take("ts", "login.install")).toBe(loggingIn);
  });

  test("verifies", async () => {
    const { password } = await mint({ jid }, { keyring });
    const code = verifying.replace("import { Keyring, verify }", "import { verify }");
    const given = { password: "string", keyring: 'import("mayfly").Keyring' };
    const wanted = ["decision"];
    const good = await runSnippet(code, { given, values: { password, keyring }, wanted });
    expect(good.decision).toMatchObject({ ok: true });
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const late = await mint({ jid, ttl: 60 }, { keyring }, Math.floor(Date.now() / 1000) - 61);
    await runSnippet(code, { given, values: { password: late.password, keyring }, wanted });
    expect(log.mock.calls).toEqual([["expired"]]);
    log.mockRestore();
  });
});

describe("the command", () => {
  const lines = commands.trimEnd().split("\n");
  const help = (...args: string[]) => mayfly([...args, "--help"]).stdout;

  test("is all there", () => {
    const known = [...help().matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    const listed = lines.map((line) => line.split(" ")[1]);
    const ours = known.slice(known.indexOf("init")).filter((name) => name !== "help");
    expect([...new Set(listed)].sort()).toEqual(ours.sort());
  });

  test.each(lines)("has what is said: %s", (line) => {
    const [synopsis = ""] = line.split(/ +#/);
    const [, name = "", words = ""] = synopsis.split(" ");
    const said = help(name);
    const [own = ""] = synopsis.split(" -- ");
    for (const [option] of own.matchAll(/--\w+/g)) expect(said).toContain(option);
    for (const choice of words.includes("|") ? words.split("|") : [])
      expect(said).toContain(choice);
  });
});

describe("the credential", () => {
  test("is what is said", async () => {
    expect(format).toMatch(/^username = <expiry>:<bare JID> .*\nmac +=/);
    const { username, password } = await mint({ jid, service: "turn" }, { keyring });
    const terminal = openTerminal({ env: { MAYFLY_SECRET: secret } });
    const said = await terminal.run(
      inShell.replace(/^username=.*$/m, () => `username="${username}"`),
    );
    expect(said).toBe(`${password}\n`);
  });

  test("can be minted in a shell", async () => {
    const terminal = openTerminal({ env: { MAYFLY_SECRET: secret, MAYFLY_CONFIG: "" } });
    const said = await terminal.run(`${inShell}echo "$username"`);
    const [mac, username = ""] = said.trimEnd().split("\n");
    const password = `${username.split(":")[0]}:${mac}`;
    const decision = await verify({ user: "alice", host: "example.com", password }, { keyring });
    expect(decision).toMatchObject({ ok: true });
  });
});

test("the index names each page there is", () => {
  const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const pages = readdirSync(new URL("../../docs/", import.meta.url)).filter((it) =>
    it.endsWith(".md"),
  );
  expect(pages.filter((name) => !text.includes(`](docs/${name})`))).toEqual([]);
});

test("there is nothing else on the page", () => {
  expect(page.left()).toEqual([]);
});
