import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectBrowser, host, trusted } from "../support/browser/browser.ts";
import { visit } from "../support/browser/visit.ts";
import { openPage } from "../support/docs/markdown.ts";
import { installing, pack } from "../support/machine/pack.ts";
import { freePorts, isListening } from "../support/machine/ports.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/web.md");
const install = page.take("install");
const files = {
  "server.mjs": page.take("files-server-mjs"),
  "index.html": page.take("files-index-html"),
  "page.js": page.take("files-page-js"),
  "vite.config.mjs": page.take("files-vite-config-mjs"),
};
const [build = "", start = ""] = page.take("build").trimEnd().split("\n");
const shown = page.take("shown");

describeWith("chromium", "ejabberd")("the guide for web pages", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-web-"));
  const chat = join(folder, "chat");
  const secret = "the secret that app server and XMPP server share";
  let server: Ejabberd;
  let app: ChildProcess;
  let url: string;
  let browser: Browser;

  beforeAll(async () => {
    server = await startEjabberd({
      hosts: [host],
      mayfly: { keys: [{ id: "2026-11", secret }] },
      certificate: trusted(),
    });
    const tarball = join(folder, pack(folder));
    run(folder, installing(install, tarball));
    const [port] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    const places = {
      "wss://example.com:5443/ws": server.url,
      "example.com": host,
      "port: 3000": `port: ${port}`,
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(chat, name), replaced(text, places));
    }
    writeFileSync(join(chat, "2026-11.key"), `${secret}\n`);
    run(chat, build);
    app = spawn(
      "setpriv",
      ["--pdeathsig", "TERM", "sh", "-c", start.replace("node", "exec node")],
      {
        cwd: chat,
        stdio: "ignore",
      },
    );
    await until(() => isListening(Number(port)));
    browser = await connectBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    if (app?.kill()) await once(app, "exit");
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("ends with a page that is logged in", async () => {
    const alice = await visit(browser, `${url}/sign-in/alice`);
    const expected = shown.trim().replace("example.com", host);
    await until(async () => (await alice.page.getByRole("status").textContent()) === expected);
    expect(alice.errors).toEqual([]);
    await alice.close();
  });

  test("mints for nobody who is not signed in, and for nobody else", async () => {
    expect((await fetch(`${url}/credentials`)).status).toBe(401);
    const headers = { cookie: "user=alice" };
    const asked = await fetch(`${url}/credentials?username=bob@${host}`, { headers });
    expect(asked.status).toBe(403);
    const refused = await visit(browser, url);
    const status = () => refused.page.getByRole("status").textContent();
    await until(async () => (await status())?.startsWith("ERR_MINT"));
    await refused.close();
  });
});

function run(cwd: string, lines: string): void {
  execFileSync("sh", ["-ec", lines], { cwd, stdio: ["ignore", "ignore", "pipe"] });
}

function replaced(text: string, places: Record<string, string>): string {
  return Object.entries(places).reduce((left, [from, to]) => left.replaceAll(from, to), text);
}
