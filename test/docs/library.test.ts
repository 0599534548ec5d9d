import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { openStore } from "../../src/store/index.ts";
import { verify } from "../../src/verify/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";

const page = openPage("docs/library.md");
const revoke = page.take("revoke");

test("code of your own revokes a user and a credential", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-library-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const url = `lmdb:${folder}`;
  const keyring = new Keyring([{ id: "2026-11", secret: "a secret of the page on the library" }]);
  const reasonFor = async (user: string, password: string) => {
    const store = await openStore(url);
    onTestFinished(() => store.close());
    const decision = await verify({ user, host: "example.com", password }, { keyring, store });
    return decision.ok ? "accepted" : decision.reason;
  };
  const passwordOf = async (user: string) =>
    (await mint({ jid: `${user}@example.com`, ttl: 600 }, { keyring })).password;
  const [alices, bobs, bobsSecond] = await Promise.all([
    passwordOf("alice"),
    passwordOf("bob"),
    mint({ jid: "bob@example.com", ttl: 60 }, { keyring }).then(({ password }) => password),
  ]);
  expect(await reasonFor("alice", alices)).toBe("accepted");

  const code = revoke.replace("redis://localhost:6379", url);
  await runSnippet(code, { given: { credential: "string" }, values: { credential: bobs } });

  expect(await reasonFor("alice", alices)).toBe("revoked");
  expect(await reasonFor("bob", bobs)).toBe("revoked");
  expect(await reasonFor("bob", bobsSecond)).toBe("accepted");
});
