import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { dirname, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { currentTime } from "../time.ts";
import type { Entry, LogPage, LogPlace, LogRecord, Member, StoreConnection } from "./connection.ts";
import type { Answer, Question } from "./lmdb-process.ts";
import { ResilientStore } from "./resilient-store.ts";

const extension = extname(import.meta.url);
const program = fileURLToPath(new URL(`./lmdb-process${extension}`, import.meta.url));

/**
 * A store in a folder, shared by the processes of one machine.
 *
 * LMDB runs in a child process: a damaged or truncated file kills the process that reads it, by
 * SIGSEGV or SIGBUS, and LMDB waits for its lock without a timeout.
 */
export function lmdbStore(folder: string): ResilientStore {
  return new ResilientStore({
    name: `lmdb:${folder}`,
    connect: () => new LmdbConnection(folder),
    timeoutMs: 10_000, // to start a process takes that long on a busy machine
  });
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class LmdbConnection implements StoreConnection {
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
      // Its last message may not have been read yet.
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

  upsert(key: string, entry: Entry): Promise<void> {
    return this.#ask({ op: "keep", key, entry });
  }

  claim(key: string, entry: Entry): Promise<boolean> {
    return this.#ask({ op: "claim", key, entry });
  }

  append(record: LogRecord, entry?: { key: string; entry: Entry }): Promise<void> {
    return this.#ask({ op: "append", record, ...(entry && { entry }) });
  }

  readLog(after: LogPlace, max: number): Promise<LogPage> {
    return this.#ask({ op: "readLog", after, max });
  }

  putMember(member: Member): Promise<void> {
    return this.#ask({ op: "putMember", member });
  }

  listMembers(group: string): Promise<[member: string, text: string][]> {
    return this.#ask({ op: "listMembers", group });
  }

  async end(): Promise<void> {
    this.#fail(new Error("it is closed"));
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#process.ref();
    await once(this.#process, "exit");
  }

  #ask<T>(what: Question["what"]): Promise<T> {
    return new Promise<T>((fulfil, reject) => {
      if (this.#over) return reject(this.#over);
      const id = this.#questions++;
      this.#waiting.set(id, { resolve: fulfil as (value: unknown) => void, reject });
      const question: Question = { id, now: currentTime(), what };
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
    // SIGKILL is safe: what LMDB has answered is on disk.
    this.#process.kill("SIGKILL");
  }
}
