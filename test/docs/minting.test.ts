import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Keyring, verify } from "../../src/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const folder = new URL("../../examples/minting/", import.meta.url);
const quoted = openPage("docs/minting.md").takeAll("quoted");
const files = readdirSync(folder);
const pathOf = (name: string) => fileURLToPath(new URL(name, folder));

test.each(files)("it quotes %s as it is", (name) => {
  expect(quoted).toContain(readFileSync(new URL(name, folder), "utf8"));
});

test("it has nothing else", () => {
  expect(quoted).toHaveLength(files.length);
});

/** A site with the example's route, which visits itself; its one argument is a folder. */
interface Site {
  command: [string, ...string[]];
  /** The examples that the site has in that folder, by where it has them; without it, all of them as they are. */
  links?: Record<string, string>;
}

const sites: Record<"django" | "rails" | "laravel", Site> = {
  django: { command: ["/usr/bin/python3", "-B", siteOf("django-site.py")] },
  rails: {
    command: ["ruby", siteOf("rails-site.rb")],
    links: {
      "app/controllers/credentials_controller.rb": "rails_controller.rb",
      "lib/mint.rb": "mint.rb",
    },
  },
  laravel: {
    command: ["php", siteOf("laravel-site.php")],
    links: { "routes/web.php": "laravel_routes.php", "app/mint.php": "mint.php" },
  },
};

describe.each(Object.entries(sites))("the route for %s", (name, { command, links }) => {
  describeWith(name as keyof typeof sites)("in a site that runs", () => {
    test("gives a credential of their own to users who are signed in, and 401 to others", async () => {
      const secret = `the secret of a site in ${name}`;
      const [program, ...args] = command;
      const { stdout, stderr } = spawnSync(program, [...args, folderOf(links)], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, MAYFLY_SECRET: secret, MAYFLY_HOST: "example.com" },
      });
      expect(stderr).toBe("");
      const { before, after, cached, minted } = JSON.parse(stdout);
      expect([before, after]).toEqual([401, 200]);
      expect(cached).toContain("no-store");
      expect(minted).toMatchObject({ jid: "user-1@example.com", username: "user-1", ttl: 600 });
      const keyring = new Keyring([{ id: "a", secret }]);
      const { username: user, password } = minted;
      const decision = await verify({ user, host: "example.com", password }, { keyring });
      expect(decision).toMatchObject({ ok: true, expiresAt: minted.expires });
    });
  });
});

function siteOf(name: string): string {
  return fileURLToPath(new URL(`../support/minting/${name}`, import.meta.url));
}

/** A site's folder, with the examples where they belong in it. */
function folderOf(links: Site["links"]): string {
  if (!links) return pathOf("");
  const site = mkdtempSync(join(tmpdir(), "mayfly-site-"));
  onTestFinished(() => rmSync(site, { recursive: true }));
  for (const [path, name] of Object.entries(links)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    symlinkSync(pathOf(name), join(site, path));
  }
  return site;
}
