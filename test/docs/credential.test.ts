import { describe, expect, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { verify } from "../../src/verify/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { openTerminal } from "../support/machine/terminal.ts";

const page = openPage("docs/credential.md");
const format = page.take("format");
const inShell = page.take("in-shell");
const verifying = page.take("verifying");

const secret = "a secret of the page on credentials";
const keyring = new Keyring([{ id: "2026-11", secret }]);
const jid = "alice@example.com";

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

test("code of your own verifies", async () => {
  const { password } = await mint({ jid }, { keyring });
  const code = verifying.replace("import { Keyring, verify }", "import { verify }");
  const given = { password: "string", keyring: 'import("mayfly").Keyring' };
  const wanted = ["decision"];
  const good = await runSnippet(code, { given, values: { password, keyring }, wanted });
  expect(good.decision).toMatchObject({ ok: true });
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const late = await mint({ jid, ttl: 60 }, { keyring, now: Math.floor(Date.now() / 1000) - 61 });
  await runSnippet(code, { given, values: { password: late.password, keyring }, wanted });
  expect(log.mock.calls).toEqual([["expired"]]);
  log.mockRestore();
});
