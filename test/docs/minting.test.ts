import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
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

describeWith("django")("the route for Django", () => {
  test("gives a credential of their own to users who are signed in, and 401 to others", async () => {
    const secret = "the secret of a site in Python";
    const site = fileURLToPath(new URL("../support/minting/django-site.py", import.meta.url));
    const { stdout, stderr } = spawnSync("/usr/bin/python3", [site, pathOf("")], {
      encoding: "utf8",
      env: { MAYFLY_SECRET: secret, PYTHONDONTWRITEBYTECODE: "1" },
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

describeWith("ruby", "php")("the routes that are not run", () => {
  test.each([
    ["ruby", "-c", "rails_controller.rb"],
    ["php", "-l", "laravel_routes.php"],
  ])("are %s at least", (command, check, name) => {
    const { status, stderr } = spawnSync(command, [check, pathOf(name)], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
