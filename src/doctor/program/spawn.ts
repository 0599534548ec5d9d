import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Account } from "../account.ts";
import { findProgram } from "./command.ts";

/** The environment, folder and user to start a program with. */
export interface ProgramEnvironment {
  env: Record<string, string>;
  cwd: string;
  /** Our own user when absent. */
  account?: Account | undefined;
}

/** The observed behaviour of a program. */
export interface ProgramRun {
  /** Its replies: `true`, `false`, or the hex of bytes that are no reply. */
  replies: (boolean | string)[];
  /** Milliseconds until the first reply. */
  firstMs: number;
  /** The hex of bytes on standard output beyond the replies. */
  surplus: string;
  /** Its exit code or signal, if it exited before the end of its input. */
  exit?: string;
  /** Whether it exits at the end of its input. */
  ends: boolean;
  /** The end of its standard error. */
  stderr: string;
}

/** `end`: from the end of input to the exit; `quiet`: for surplus output, or an exit. */
const timeoutsMs = { end: 2_000, quiet: 100 };

/** Starts a program as ejabberd does, through `sh -c "exec …"`, and sends it requests. */
export async function runProgram(
  command: string,
  { env, cwd, account }: ProgramEnvironment,
  requests: readonly string[],
  timeoutMs: number,
): Promise<ProgramRun> {
  const shell = ["sh", "-c", `exec ${command}`];
  const [file = "", ...args] = [...(account ? asUser(account) : []), ...shell];
  // A session of its own, as under ejabberd; so it can be ended with all that it started.
  const child = spawn(file, args, { env, cwd, detached: true, stdio: "pipe" });
  const started = performance.now();
  const run: ProgramRun = { replies: [], firstMs: 0, surplus: "", ends: false, stderr: "" };
  let received = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    child.emit("received");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    run.stderr = (run.stderr + chunk).slice(-8192);
  });
  child.stdin.on("error", () => {}); // the exit code says more
  child.on("error", (error) => {
    run.stderr += error.message;
  });
  let isGone = false;
  const gone = once(child, "exit")
    .then(
      ([code, signal]) => String(signal ?? code),
      () => "not started",
    )
    .finally(() => {
      isGone = true;
    });

  try {
    for (const request of requests) {
      child.stdin.write(frame(request));
      if (!(await has(4))) break;
      run.firstMs ||= performance.now() - started;
      run.replies.push(read(received.subarray(0, 4)));
      received = received.subarray(4);
    }
    await withDeadline(timeoutsMs.quiet);
    if (isGone) run.exit = await gone;
    run.surplus = received.toString("hex");
    child.stdin.end();
    if (run.replies.length === requests.length) await withDeadline(timeoutsMs.end, gone);
    run.ends = isGone;
    return run;
  } finally {
    if (child.pid) killGroup(child.pid);
    await gone;
  }

  async function has(count: number): Promise<boolean> {
    const late = performance.now() + timeoutMs;
    while (received.length < count && !isGone && performance.now() < late) {
      await withDeadline(late - performance.now(), once(child, "received"), gone);
    }
    return received.length >= count;
  }
}

/** Kills the program and every process that it started. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // all have exited
  }
}

function asUser({ uid, gid }: Account): string[] {
  // By its absolute path: PATH may be anything here, and until setpriv has run we have our own rights.
  const setpriv = findProgram("setpriv") ?? "/usr/bin/setpriv";
  return [setpriv, "--reuid", String(uid), "--regid", String(gid), "--init-groups"];
}

function frame(request: string): Buffer {
  const payload = Buffer.from(request);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  return Buffer.concat([length, payload]);
}

function read(reply: Buffer): boolean | string {
  const hex = reply.toString("hex");
  return hex === "00020001" || (hex === "00020000" ? false : hex);
}

/** Waits for the first of several events, at most for a time. */
async function withDeadline(milliseconds: number, ...events: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([time, ...events]);
  clearTimeout(timer);
}
