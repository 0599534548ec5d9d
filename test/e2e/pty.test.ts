import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type OnPty, startOnPty } from "../support/cli/pty.ts";
import { main } from "../support/cli/run-cli.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret behind the terminal" }];
const { password } = await mint({ jid: "alice@example.org" }, { keyring: new Keyring(keys) });
const good = `auth:alice:example.org:${password}`;
const wrong = `auth:mallory:example.org:${password}`;
const yes = "1";
const no = "0";

// At the same time, because each waits five seconds for the answer that the first question never gets.
describeWith("lua", "lpty")(
  "mayfly extauth on the pty of mod_auth_external",
  { concurrent: true },
  () => {
    let folder: string;
    const started: OnPty[] = [];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "mayfly-pty-"));
    });
    afterAll(async () => {
      await Promise.all(started.map((pty) => pty.stop()));
      rmSync(folder, { recursive: true });
    });

    /** Puts the program on a pty, with or without a log; the first question starts it. */
    function put(log?: string, { isEarly = false, stty = "" } = {}): OnPty {
      const program = join(folder, `program-${started.length}`);
      const config = `${program}.yml`;
      const words = [process.execPath, main, "extauth", "--protocol", "prosody"];
      const command = [...words, "--config", config].map((word) => `'${word}'`).join(" ");
      writeFileSync(program, `#!/bin/sh\n${stty}\nexec ${command}\n`, { mode: 0o755 });
      writeFileSync(config, stringify({ keys, ...(log && { log: { file: log } }) }));
      const pty = startOnPty(program, isEarly);
      started.push(pty);
      return pty;
    }

    /** The same, and asks until there is an answer: there is none to the first question. */
    async function putAndAsk(log?: string, options = {}): Promise<OnPty> {
      const pty = put(log, options);
      expect([yes, no]).not.toContain(await pty.ask(good));
      await until(async () => (await pty.ask(good)) === yes);
      return pty;
    }

    test("gives each question its own answer, and writes nothing else", async () => {
      const pty = await putAndAsk();
      const questions = [wrong, good, "isuser:alice:example.org", "nonsense", wrong, good, ""];
      const answers: string[] = [];
      for (const question of [...questions, good]) answers.push(await pty.ask(question));
      expect(answers).toEqual([no, yes, yes, no, no, yes, no, yes]);
    });

    test("has no answer to what the terminal echoed: the next question would get it", async () => {
      const log = join(folder, "echoed.log");
      const pty = put(log, { isEarly: true });
      expect(await pty.ask(good)).toBe(`${good}\\r\\n`);
      await until(
        () => existsSync(log) && readFileSync(log, "utf8").includes("configuration loaded"),
      );
      const configured = Date.now();
      await until(() => Date.now() > configured + 500); // an answer would be there by now
      expect(await pty.ask(wrong)).not.toBe(yes);
      await until(async () => (await pty.ask(wrong)) === no);
      expect(await pty.ask(good)).toBe(yes);
      expect(await pty.ask(wrong)).toBe(no);
    });

    test("has one answer to a question with a line break", async () => {
      const pty = await putAndAsk();
      for (const odd of [`setpass:alice:example.org:x\n${good}`, `${wrong}\n${good}`, "\n\n"]) {
        expect(await pty.ask(odd)).toBe(no);
        expect(await pty.ask(good)).toBe(yes);
        expect(await pty.ask(wrong)).toBe(no);
      }
    });

    test("has one answer to a line break where the terminal hands out lines", async () => {
      const pty = await putAndAsk(undefined, { stty: "stty icanon" });
      for (const odd of [`${wrong}\n${good}`, `${good}\n${wrong}`, "\n\n"]) {
        expect(await pty.ask(odd)).toBe(no);
        expect(await pty.ask(good)).toBe(yes);
        expect(await pty.ask(wrong)).toBe(no);
      }
    });

    test("has one answer to what ends, stops or edits at a terminal", async () => {
      const log = join(folder, "control.log");
      const pty = await putAndAsk(log);
      for (const control of ["\x03", "\x1c", "\x1a", "\x13", "\x04", "\x15", "\r"]) {
        expect(await pty.ask(`${wrong}${control}${good}`), JSON.stringify(control)).toBe(no);
        expect(await pty.ask(good), JSON.stringify(control)).toBe(yes);
      }
      expect(readFileSync(log, "utf8").match(/"configuration loaded"/g)).toHaveLength(1); // the same program
    });

    test("ends when it was held up for so long that nobody waits for its answer", async () => {
      const log = join(folder, "full.log");
      execFileSync("mkfifo", [log]);
      const [reader, pty] = await Promise.all([open(log), putAndAsk(log)]);
      // Nobody reads the log, until there is no room for another line.
      let answer: string;
      do answer = await pty.ask(good);
      while (answer === yes);
      expect(answer).toBe("nothing");
      const [logged] = await once(reader.createReadStream({ encoding: "utf8" }), "data");
      await untilGone(logged);
      rmSync(log);
      expect(await pty.ask(wrong)).not.toBe(yes);
      await until(async () => (await pty.ask(wrong)) === no);
      expect(await pty.ask(good)).toBe(yes);
    });

    test("ends with the one who started it, whose ports it may hold", async () => {
      const log = join(folder, "left-alone.log");
      const pty = await putAndAsk(log);
      await pty.kill();
      await untilGone(readFileSync(log, "utf8"));
    });
  },
);

/** Waits until the process is gone that wrote a log. */
async function untilGone(log: string): Promise<void> {
  const { pid } = JSON.parse(log.split("\n")[0] ?? "");
  try {
    await until(() => !existsSync(`/proc/${pid}`));
  } catch (error) {
    process.kill(pid, "SIGKILL");
    throw error;
  }
}
