import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { trust } from "../support/clients/xmpp-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const page = openPage("docs/client.md");
const logIn = page.take("log-in");
const signOut = page.take("sign-out");
const noDns = page.take("no-dns");
const esbuild = page.take("esbuild");
const vite = page.take("vite");
const webpackConfig = page.take("webpack");
const next = page.take("next"); // Next.js itself, of 300 MB, was run by hand: the page says what
const options = page.take("options");

/** What `npx webpack` of webpack-cli does, and then the page. */
const webpackRun = `node --input-type=module -e '
  import webpack from "webpack";
  import config from "./webpack.config.js";
  webpack({ mode: "none", ...config }, (error, stats) => {
    if (error) throw error;
    if (stats.hasErrors()) throw new Error(stats.toString());
  });' && node dist/main.js`;

const keys = [{ id: "north", secret: "the secret of the client's page" }];
const keyring = new Keyring(keys);
const fetchMint = () =>
  vi.fn(async (_url: unknown, _init?: RequestInit) =>
    Response.json(await mint({ jid: "alice@example.com", ttl: 60 }, { keyring })),
  );

describeWith("ejabberd")("the page's client", () => {
  test("logs in, and out with all that was minted", async ({ onTestFinished }) => {
    const server: Ejabberd = await startEjabberd({ hosts: ["example.com"], mayfly: { keys } });
    onTestFinished(() => server.stop());
    trust(server.ca);
    const fetch = fetchMint();
    const here = logIn.replace("wss://chat.example.com/ws", server.url);
    const { xmpp, login } = (await runSnippet(here + signOut, {
      values: { fetch },
      wanted: ["xmpp", "login"],
    })) as {
      xmpp: { jid: unknown; status: string };
      login: { credential(): Promise<unknown> };
    };
    expect(String(xmpp.jid)).toMatch(/^alice@example\.com\//);
    expect(xmpp.status).toBe("offline");
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(["/credentials"]);
    await login.credential();
    expect(fetch).toHaveBeenCalledTimes(2);
  });
});

test("the options are called", async () => {
  const fetch = fetchMint();
  const show = vi.fn();
  const given = { show: "(...what: unknown[]) => void" };
  const code = options.replace(/^mayfly\(/m, "const login = mayfly(");
  const start = 'import { mayfly } from "mayfly/client";\n';
  const wanted = ["login"];
  const { login } = (await runSnippet(start + code, {
    given,
    values: { fetch, show },
    wanted,
  })) as {
    login: { credential(): Promise<{ expires: number }> };
  };
  const { expires } = await login.credential();
  expect(show.mock.calls).toEqual([[expires]]);
  expect(String(fetch.mock.calls[0]?.[0])).toBe("https://api.example.com/credentials");
  expect(fetch.mock.calls[0]?.[1]).toMatchObject({ credentials: "include" });
});

describe("a bundle of the page", () => {
  /** Runs a bundler in a folder with a page, and gives what it said and what it made. */
  async function bundle(line: string, more: Record<string, string> = {}) {
    const artifacts = join(root, "test-artifacts");
    mkdirSync(artifacts, { recursive: true });
    const folder = mkdtempSync(join(artifacts, "bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = {
      "index.html": '<script type="module" src="/page.js"></script>',
      "page.js": logIn.replace(
        /^await xmpp.start.*/m,
        'console.log("a client of", xmpp.options.service);',
      ),
      "no-dns.js": noDns,
      ...more,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { stdout, stderr } = await run("sh", ["-c", line], { cwd: folder });
    const made = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /^(out|dist)\/.*\.js$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    return { said: stdout + stderr, made: made.join("") };
  }

  test("is made by esbuild", async () => {
    const { made } = await bundle(esbuild);
    expect(made).toContain("X-OAUTH2");
    expect(made).not.toMatch(/(from|import|require)[ ("']+node:/);
  });

  test("is made by Vite, without a warning", async () => {
    const { said, made } = await bundle("npx vite build", { "vite.config.js": vite });
    expect(said).not.toMatch(/node:dns|externalized|warn/i);
    expect(made).toContain("X-OAUTH2");
  });

  test("is made by webpack, and runs", async () => {
    const { said, made } = await bundle(webpackRun, { "webpack.config.js": webpackConfig });
    expect(made).toContain("X-OAUTH2");
    expect(said).toBe("a client of wss://chat.example.com/ws\n");
  });

  test("is not made by webpack without that line", async () => {
    const config = 'export default { entry: "./page.js" };';
    await expect(bundle(webpackRun, { "webpack.config.js": config })).rejects.toThrow("node:dns");
  });

  test("is made by webpack with what Next.js adds to its own, for browsers only", async () => {
    const config = `import next from "./next.config.js";
      const of = (isServer) => next.webpack({ entry: "./page.js", externals: [] }, { isServer });
      if (of(true).externals.length > 0) throw new Error("the server has node:dns");
      export default of(false);`;
    const files = { "webpack.config.js": config, "next.config.js": next };
    const { said } = await bundle(webpackRun, files);
    expect(said).toBe("a client of wss://chat.example.com/ws\n");
  });

  test("of Turbopack gets the file that is there", () => {
    expect(next).toContain('turbopack: { resolveAlias: { "node:dns": "./no-dns.js" } },');
  });

  test.each(["bundler", "nodenext"])(
    "has its types with moduleResolution %s, strict",
    async (moduleResolution) => {
      const options = {
        ...{ moduleResolution, module: moduleResolution === "bundler" ? "esnext" : "nodenext" },
        ...{ target: "es2022", lib: ["es2022", "dom"], types: [], noEmit: true },
        ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
      };
      const { said } = await bundle("npx tsc -p .", {
        "tsconfig.json": JSON.stringify({ compilerOptions: options, files: ["types.ts"] }),
        "types.ts": `import { type Login, type MintedCredential, MayflyError, mayfly } from "mayfly/client";
          const login: Login = mayfly({ url: "/credentials", jid: "alice@example.com" });
          export const minted: Promise<MintedCredential> = login.credential();
          // @ts-expect-error: there is no such code
          export const isWrong = new MayflyError("ERR_MINT", "").code === "ERR_MIND";
          login.forget();`,
      });
      expect(said).toBe("");
    },
  );
});
