import { expect, test } from "vitest";
import { openPage } from "../support/docs/markdown.ts";

const page = openPage("docs/guests.md");
const install = page.take("ejabberd-install");
const guard = openPage("ejabberd/mod_mayfly_guard/README.md").take("by-hand");

// The rules of this page are run by test/e2e/guests.test.ts, on both servers.
test("the module is installed as the guard is, which is tested", () => {
  expect(install).toBe(guard.replaceAll("mod_mayfly_guard", "mod_mayfly_guests"));
  expect(page.take("ejabberd-rules")).toContain("mod_mayfly_guests:");
  expect(page.take("prosody-rules")).toContain("mayfly_guests_reach");
});
