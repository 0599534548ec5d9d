import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { dirname, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Ledger } from "./ledger.ts";
import type { Answer, Question } from "./lmdb-process.ts";
import { type Entry, now, type Session } from "./session.ts";

const extension = extname(import.meta.url);
const program = fileURLToPath(new URL(`./lmdb-process${extension}`, import.meta.url));

/**
 * A store in a folder, shared by the processes of one machine.
 *
 * LMDB gets a process of its own: a damaged or truncated file ends the process that reads it, by
 * SIGSEGV or SIGBUS, and LMDB waits for its lock without end.
 */
export function lmdbStore(folder: string): Ledger {
  return new Ledger({
    name: `lmdb:${folder}`,
    connect: () => new LmdbSession(folder),
    patience: 10_000, // starting a process takes its time on a busy machine
  });
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class LmdbSession implements Session {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #questions = 0;
  #over: Error | undefined;

  constructor(folder: string) {
    this.#process = fork(program, [resolve(folder)], {
      cwd: dirname(program),
      execArgv: extension === ".ts" ? ["--import", "tsx"] : [], // from source, as in tests
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
    });
    this.#process.unref();
    this.#process.channel?.unref();
    this.#process.on("message", (answer: Answer) => {
      if ("failure" in answer) this.#fail(new Error(answer.failure));
      else this.#settle(answer.id)?.resolve(answer.value);
    });
    this.#process.on("error", (error) => this.#fail(error));
    this.#process.on("exit", (code, signal) => {
      // What it said last may yet be unread.
      const fail = () => this.#fail(new Error(`LMDB ended by ${signal ?? `exit code ${code}`}`));
      if (this.#process.connected) this.#process.on("disconnect", fail);
      else fail();
    });
  }

  get alive(): boolean {
    return this.#over === undefined && this.#process.connected;
  }

  read(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    return this.#ask({ op: "read", keys });
  }

  keep(key: string, entry: Entry): Promise<void> {
    return this.#ask({ op: "keep", key, entry });
  }

  claim(key: string, entry: Entry): Promise<boolean> {
    return this.#ask({ op: "claim", key, entry });
  }

  async end(): Promise<void> {
    this.#fail(new Error("it is closed"));
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#process.ref();
    await once(this.#process, "exit");
  }

  #ask<T>(what: Question["what"]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#over) return reject(this.#over);
      const id = this.#questions++;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const question: Question = { id, now: now(), what };
      this.#process.send(question, (error) => error && this.#settle(id)?.reject(error));
    });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #fail(error: Error): void {
    this.#over ??= error;
    for (const id of this.#waiting.keys()) this.#settle(id)?.reject(this.#over);
    // LMDB needs no more warning: what was answered is on disk.
    this.#process.kill("SIGKILL");
  }
}
