import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chat } from "../../../../src/http/routes/chat/route.ts";
import { alice } from "../../fixtures.ts";

const service = "wss://example.com:5443/ws";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-chat-"));
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "secret"), "not for the web");
  writeFileSync(join(folder, "dist/converse.min.js"), "a script");
});
afterAll(() => rmSync(folder, { recursive: true }));

function ask(path: string, user?: string, signInUrl?: string): Promise<Response> {
  const visitors = { user: () => user, ...(signInUrl && { signInUrl: () => signInUrl }) };
  const dist = join(folder, "dist");
  const app = new Hono().route("/chat", chat({ service, folder: dist, visitors }));
  return Promise.resolve(app.request(path));
}

describe("the chat page", () => {
  test("is for who is signed in, and sends others to sign in", async () => {
    expect((await ask("/chat", alice)).status).toBe(200);
    const away = await ask("/chat", undefined, "https://chat.example.com/sign-in?return=%2Fchat");
    expect([away.status, away.headers.get("location")]).toEqual([
      302,
      "https://chat.example.com/sign-in?return=%2Fchat",
    ]);
    expect((await ask("/chat")).status).toBe(401);
  });

  test("loads nothing from elsewhere, and runs no script that stands in it", async () => {
    const page = await ask("/chat", alice);
    const policy = page.headers.get("content-security-policy") ?? "";
    const directives = new Map(
      policy.split("; ").map((it) => [it.split(" ")[0], it.split(" ").slice(1).join(" ")]),
    );
    expect(directives.get("default-src")).toBe("'none'");
    expect(directives.get("script-src")).toBe("'self'");
    expect(directives.get("connect-src")).toBe(
      "'self' wss://example.com:5443 https://example.com:5443",
    );
    expect(directives.get("frame-ancestors")).toBe("'none'");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const text = await page.text();
    expect([...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url)).toEqual([
      "chat/converse/converse.min.css",
      "chat/converse/converse.min.js",
      "chat/script.js",
    ]);
    expect(text).not.toMatch(/<script[^>]*>[^<]/);
  });

  test("offers to sign out only where Mayfly has signed the user in", async () => {
    expect(await (await ask("/chat", alice, "/sign-in")).text()).toContain(
      'data-sign-out="sign-out"',
    );
    expect(await (await ask("/chat", alice)).text()).toContain('data-sign-out=""');
  });
});

describe("the files of Converse", () => {
  test("are served, and no others", async () => {
    const found = await ask("/chat/converse/converse.min.js");
    expect([found.status, await found.text()]).toEqual([200, "a script"]);
    expect(found.headers.get("content-type")).toContain("javascript");
    for (const path of ["../secret", "..%2fsecret", "%2e%2e/secret", ".%2e%2fsecret", "/secret"]) {
      const missing = await ask(`/chat/converse/${path}`);
      expect([path, missing.status]).toEqual([path, 404]);
    }
  });
});
