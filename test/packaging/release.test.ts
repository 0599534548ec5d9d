import { expect, test } from "vitest";
import { findObstacles, type ReleaseFacts } from "../../packaging/release-checks.ts";

const good: ReleaseFacts = {
  packageJson: { version: "1.2.3", files: ["dist", "docs"] },
  lockfile: { version: "1.2.3", packages: { "": { version: "1.2.3" } } },
  changelog: "# Changelog\n\n## 1.2.3 (2026-11-29)\n\n## 1.2.2 (2026-10-01)\n",
  tags: ["v1.2.2", ""],
  changes: "",
  packed: ["package.json", "dist/index.js"],
};

test("a release that is complete has no obstacles", () => {
  expect(findObstacles(good)).toEqual([]);
  const changelog = "## 1.2.3-rc.1 (2026-11-29)";
  const lockfile = { version: "1.2.3-rc.1", packages: { "": { version: "1.2.3-rc.1" } } };
  const packageJson = { version: "1.2.3-rc.1", files: [] };
  expect(findObstacles({ ...good, packageJson, lockfile, changelog })).toEqual([]);
});

test.each<[Partial<ReleaseFacts>, RegExp]>([
  [{ packageJson: { version: "v1.2", files: [] } }, /version v1\.2 is not a semantic version/],
  [{ lockfile: { ...good.lockfile, version: "1.2.2" } }, /package-lock\.json: has another version/],
  [{ lockfile: { version: "1.2.3", packages: {} } }, /package-lock\.json: has another version/],
  [{ changelog: "## 1.2.2 (2026-10-01)" }, /CHANGELOG\.md: has no heading ## 1\.2\.3/],
  [{ changelog: "## 1.2.3 (unreleased)" }, /"## 1\.2\.3 \(unreleased\)" has no date/],
  [{ tags: ["v1.2.3"] }, /the tag v1\.2\.3 is there already/],
  [{ changes: " M src/index.ts" }, /changes that are not committed/],
  [{ packageJson: { version: "1.2.3", files: ["dist", "test"] } }, /files has test: take it out/],
  [{ packed: ["test/house.test.ts"] }, /the tarball has test\/house\.test\.ts/],
])("%j is an obstacle", (facts, line) => {
  expect(findObstacles({ ...good, ...facts }).join("\n")).toMatch(line);
});
