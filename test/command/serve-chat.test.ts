import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { mayfly, startServe } from "../support/cli/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-serve-chat-"));
afterAll(() => rmSync(folder, { recursive: true }));

const service = "wss://example.com:5443/ws";
const trusted_header = { name: "Remote-User", proxies: ["127.0.0.1"], host: "example.com" };

function configure(http: object): void {
  const keys = [{ id: "a", secret: "the-secret-of-the-chat-32-bytes!" }];
  writeFileSync(join(folder, "mayfly.yml"), stringify({ keys, http }));
}

describe("mayfly serve --chat", () => {
  test.each([
    ["no chat is configured", {}, "http.chat is missing, for --chat: chat: { service: wss://"],
    ["no user can sign in", { chat: { service } }, "add http.sign_in or http.trusted_header"],
    [
      "Converse is not installed",
      { chat: { service }, trusted_header },
      "Converse, which --chat serves, is not installed: npm install -g converse.js@14, or name its folder",
    ],
    [
      "the folder is another",
      { chat: { service, converse: "." }, trusted_header },
      `http.chat.converse: ${folder} has no converse.min.js`,
    ],
  ])("says in one line that %s", (_, http, line) => {
    configure(http);
    const { status, stderr } = mayfly(["serve", "--chat", "--listen", "127.0.0.1:0"], {
      cwd: folder,
    });
    expect(stderr.trimEnd().split("\n").at(-1)).toContain(line);
    expect(status).toBe(2);
  });

  test("serves the chat, which is off without the option", async () => {
    const dist = join(folder, "dist");
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, "converse.min.js"), "");
    configure({ chat: { service, converse: "dist" }, trusted_header });
    for (const [args, status] of [
      [["--chat"], 200],
      [[], 404],
    ] as const) {
      const served = await startServe([...args], { cwd: folder });
      const answer = await fetch(`${served.url}/chat`, { headers: { "Remote-User": "alice" } });
      expect(answer.status).toBe(status);
      await served.stop();
    }
  });
});

test("Converse is found where npm puts it, beside Mayfly", async () => {
  const built = fileURLToPath(new URL("../../dist/", import.meta.url));
  const modules = join(folder, "node_modules");
  const own = join(modules, "mayfly/dist/http/routes/chat");
  const converse = join(modules, "converse.js");
  mkdirSync(own, { recursive: true });
  mkdirSync(join(converse, "dist"), { recursive: true });
  writeFileSync(join(modules, "mayfly/package.json"), '{ "type": "module" }');
  cpSync(join(built, "http/routes/chat/find-converse.js"), join(own, "find-converse.js"));
  cpSync(join(built, "error.js"), join(modules, "mayfly/dist/error.js"));
  writeFileSync(
    join(converse, "package.json"),
    '{ "name": "converse.js", "exports": { ".": { "import": "./dist/converse.js" }, "./dist/*": "./dist/*" } }',
  );
  writeFileSync(join(converse, "dist/converse.min.js"), "");
  const { findConverse } = await import(pathToFileURL(join(own, "find-converse.js")).href);
  expect(findConverse()).toBe(join(converse, "dist"));
});
