import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isListening } from "../support/machine/ports.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const demo = fileURLToPath(new URL("../../examples/login/demo.ts", import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-demo-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Starts the demo with `folder` for its temporary files. */
function start(...args: string[]): { child: ChildProcess; printed: () => string } {
  const child = spawn(process.execPath, ["--import", "tsx", demo, ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return { child, printed: () => output };
}

/** The files that the demo has left; the loader's cache is not its own. */
function left(): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith("tsx-"));
}

/** The port that a demo's ejabberd listens on. */
function portIn(printed: string): number {
  return Number(/wss:\/\/localhost:(\d+)/.exec(printed)?.[1]);
}

describeWith("ejabberd")("npm run demo", () => {
  test("ends with alice's bound JID and exit 0, and leaves nothing", async () => {
    const { child, printed } = start();
    const [code] = await once(child, "close");
    expect(printed()).toMatch(/\nalice logged in as alice@example\.org\/\S+\n$/);
    expect(printed().match(/not-authorized/g)).toHaveLength(3);
    expect(code).toBe(0);
    expect(left()).toEqual([]);
    expect(await isListening(portIn(printed()))).toBe(false);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("stops everything on %s", async (signal) => {
    const { child, printed } = start();
    const port = await until(() => portIn(printed()));
    expect(await isListening(port)).toBe(true);
    child.kill(signal);
    const [code] = await once(child, "close");
    expect(code).toBe(signal === "SIGINT" ? 130 : 143);
    expect(left()).toEqual([]);
    expect(await isListening(port)).toBe(false);
  });
});

describe("npm run demo without a server", () => {
  test("speaks to the program over pipes", async () => {
    const { child, printed } = start("--over-pipes");
    const [code] = await once(child, "close");
    expect(printed()).toContain("00020001 (yes)");
    expect(printed().match(/00020000 \(no\)/g)).toHaveLength(3);
    expect(printed()).toMatch(/\nalice@example\.org may log in\n$/);
    expect(code).toBe(0);
    expect(left()).toEqual([]);
  });
});
