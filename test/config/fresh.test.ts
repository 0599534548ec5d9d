import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Config, loadConfig, planInit, writeInit } from "../../src/config/index.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-fresh-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a fresh configuration that is cut off anywhere serves no other host", () => {
  const fresh = planInit(folder, "2026-11");
  writeInit(fresh, { id: "2026-11", host: "example.com" });
  const text = readFileSync(fresh.config, "utf8");
  const taken: string[] = [];
  for (let length = 0; length <= text.length; length++) {
    writeFileSync(fresh.config, text.slice(0, length));
    const config = attempt(() => loadConfig(fresh.config));
    if (config) taken.push(...Object.keys(config.hosts ?? { "*": {} }));
  }
  expect(taken).not.toEqual([]);
  expect(new Set(taken)).toEqual(new Set(["example.com"]));
});

function attempt(load: () => Config): Config | undefined {
  try {
    return load();
  } catch {
    return undefined;
  }
}
