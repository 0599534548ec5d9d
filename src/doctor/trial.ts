import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Account } from "./account.ts";

/** What a program is started in. */
export interface Surroundings {
  env: Record<string, string>;
  cwd: string;
  /** The user to start it as; our own when absent. */
  account?: Account | undefined;
}

/** How a program did. */
export interface Trial {
  /** What it answered to each request: `true`, `false`, or bytes that are no answer, in hex. */
  replies: (boolean | string)[];
  /** Milliseconds until the first answer. */
  first: number;
  /** Bytes on standard output that nobody asked for, in hex. */
  surplus: string;
  /** Its exit code or signal, where it did not wait for the end of its input. */
  exit?: string;
  /** Whether it ended with its input. */
  ends: boolean;
  /** What it said on standard error. */
  stderr: string;
}

/** For the end of what has no more input, and for what is written behind a reply or before an exit. */
const patience = { end: 2_000, quiet: 100 };

/** Starts a program as ejabberd does, through `sh -c "exec …"`, and asks it as ejabberd does. */
export async function tryProgram(
  command: string,
  { env, cwd, account }: Surroundings,
  requests: readonly string[],
  longest: number,
): Promise<Trial> {
  const shell = ["sh", "-c", `exec ${command}`];
  const [file = "", ...args] = [...(account ? asUser(account) : []), ...shell];
  // A session of its own, as under ejabberd; so it can be ended with all that it started.
  const child = spawn(file, args, { env, cwd, detached: true, stdio: "pipe" });
  const started = performance.now();
  const trial: Trial = { replies: [], first: 0, surplus: "", ends: false, stderr: "" };
  let received = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    child.emit("received");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    trial.stderr = (trial.stderr + chunk).slice(-8192);
  });
  child.stdin.on("error", () => {}); // it has gone: its exit tells
  child.on("error", (error) => {
    trial.stderr += error.message;
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
      trial.first ||= performance.now() - started;
      trial.replies.push(read(received.subarray(0, 4)));
      received = received.subarray(4);
    }
    await atMost(patience.quiet);
    if (isGone) trial.exit = await gone;
    trial.surplus = received.toString("hex");
    child.stdin.end();
    if (trial.replies.length === requests.length) await atMost(patience.end, gone);
    trial.ends = isGone;
    return trial;
  } finally {
    if (child.pid) killGroup(child.pid);
    await gone;
  }

  async function has(count: number): Promise<boolean> {
    const late = performance.now() + longest;
    while (received.length < count && !isGone && performance.now() < late) {
      await atMost(late - performance.now(), once(child, "received"), gone);
    }
    return received.length >= count;
  }
}

/** Also what it has started, and left behind. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // nobody is left
  }
}

function asUser({ uid, gid }: Account): string[] {
  return ["setpriv", "--reuid", String(uid), "--regid", String(gid), "--init-groups"];
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

/** Waits for the first of what may happen, and no longer than that. */
async function atMost(milliseconds: number, ...events: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([time, ...events]);
  clearTimeout(timer);
}
