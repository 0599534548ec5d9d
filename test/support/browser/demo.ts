import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { until } from "../until.ts";

/** A running demo of a page. */
export interface Demo {
  /** Its folder for temporary files. */
  folder: string;
  /** The address of a user's page, once it is printed. */
  address(user: string): Promise<string>;
  /** Has it stop, as Ctrl-C does, and gives its exit code. */
  stop(): Promise<unknown>;
  /** The files that it has left; the loader's cache is not its own. */
  left(): string[];
}

/** Starts the demo of an example, with a folder of its own for temporary files. */
export function startDemo(
  { onTestFinished }: TestContext,
  example: "web" | "call",
  ...args: string[]
): Demo {
  const demo = fileURLToPath(new URL(`../../../examples/${example}/demo.ts`, import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), `mayfly-demo-${example}-`));
  const child = spawn(process.execPath, ["--import", "tsx", demo, ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGINT");
    await closed;
    rmSync(folder, { recursive: true });
  });
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  return {
    folder,
    address: (user) =>
      until(() => {
        if (child.exitCode !== null) throw new Error(`it exited: ${printed}`);
        return new RegExp(`http://\\S+\\?user=${user}`).exec(printed)?.[0];
      }),
    async stop() {
      child.kill("SIGINT");
      const [code] = await closed;
      return code;
    },
    left: () => readdirSync(folder).filter((name) => !name.startsWith("tsx-")),
  };
}
