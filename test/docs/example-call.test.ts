import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Keyring, type MintedCredential, verify } from "../../src/index.ts";
import { openPage } from "../support/markdown.ts";
import { runSnippet } from "../support/snippet.ts";

const page = openPage("examples/call/README.md");
const start = page.take("sh", "demo:call");
const minting = page.take("ts", "credentials(");
page.take("", "app server"); // a drawing

test("starts what test/browser/demo-call starts", () => {
  const { scripts } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(start).toMatch(/^npm install\nnpm run demo:call /);
  expect(scripts["demo:call"]).toBe("node --import tsx examples/call/demo.ts");
});

test("mints for who is signed in, what SIP and TURN take", async () => {
  const keyring = new Keyring([{ id: "call", secret: "the secret of the page on calls" }]);
  const { minted } = await runSnippet(
    `import { credentials } from "mayfly/http";\nconst minted = ${minting}`,
    {
      given: {
        keyring: 'import("mayfly").Keyring',
        turnUris: "string[]",
        session: '(c: import("hono").Context) => { jid: string } | undefined',
      },
      values: {
        keyring,
        turnUris: ["turn:turn.example.org"],
        session: () => ({ jid: "alice@example.org" }),
      },
      wanted: ["minted"],
    },
  );
  const answer = await (minted as { request(path: string): Promise<Response> }).request(
    "/?service=turn",
  );
  const { username, password } = (await answer.json()) as MintedCredential;
  const login = { user: "alice", host: "example.org", username, password, service: "sip" } as const;
  expect(await verify(login, { keyring })).toMatchObject({ ok: true, user: "alice" });
});

test("has nothing else", () => {
  expect(page.left()).toEqual([]);
});
