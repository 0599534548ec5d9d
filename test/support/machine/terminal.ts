import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { main } from "../cli/run-cli.ts";

/** What is otherwise here than on a page. */
export interface TerminalOptions {
  /** What a page says, such as a path, and what it is here. */
  here?: Record<string, string>;
  /** Programs that stand before those of the machine: a shell's lines by their name. */
  programs?: Record<string, string>;
  env?: Record<string, string>;
}

/** A shell in a folder of its own, where a page's commands are run; `mayfly` is that of this checkout. */
export interface Terminal {
  folder: string;
  /** A page's text as it is here. */
  here(page: string): string;
  /**
   * Runs a page's lines to their end: what they print, as the page would have it.
   *
   * @throws Error where they fail.
   */
  run(lines: string): Promise<string>;
  /** Runs what stands after each `$ ` of a page's block: the block as it is when it has been run. */
  replay(block: string): Promise<string>;
}

/** Opens a terminal until the test is over. In its folder is what a page has in `/etc/mayfly`. */
export function openTerminal(options: TerminalOptions = {}): Terminal {
  const { here = {}, programs = {}, env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "mayfly-terminal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, ".bin");
  mkdirSync(bin);
  const node = `exec ${process.execPath} ${main} "$@"`;
  for (const [name, lines] of Object.entries({ mayfly: node, ...programs })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  }
  const pairs: [string, string][] = Object.entries({ "/etc/mayfly": folder, ...here });
  return { folder, here: toHere, run, replay };

  function toHere(page: string): string {
    return pairs.reduce((it, [there, own]) => it.replaceAll(there, own), page);
  }

  function toPage(said: string): string {
    return pairs.reduceRight((it, [there, own]) => it.replaceAll(own, there), said);
  }

  async function run(lines: string): Promise<string> {
    const { status, said } = await execute(lines);
    if (status !== 0) throw new Error(`${lines}\nended with ${status}: ${said}`);
    return said;
  }

  async function replay(block: string): Promise<string> {
    const commands = block.split(/^\$ /m).slice(1);
    let replayed = "";
    for (const it of commands) {
      const command = /^(?:.*(?:\\|\|)\n)*.*\n/.exec(it)?.[0] ?? it; // with its continued lines
      replayed += `$ ${command}${(await execute(command)).said}`;
    }
    return replayed;
  }

  async function execute(lines: string): Promise<{ status: number | null; said: string }> {
    const child = spawn("sh", ["-ec", `exec 2>&1\n${toHere(lines)}`], {
      cwd: folder,
      env: {
        PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: folder,
        MAYFLY_CONFIG: join(folder, "mayfly.yml"), // as it would be found in /etc/mayfly
        ...env,
      },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const gone = new Promise<number | null>((done) => child.on("close", done));
    const said = await text(child.stdout);
    return { status: await gone, said: toPage(said) };
  }
}

/** Takes what is never the same twice out of a text: moments, expiries, what is random. */
export function steady(said: string): string {
  return said
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z \([^)]*\)/g, "MOMENT")
    .replaceAll(/\b1[789]\d{8}\b/g, "EXPIRY")
    .replaceAll(/[A-Za-z0-9+/]{27}=/g, "MAC");
}
