import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { constants, mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A process with the kernel's pipes as its input and output: Node itself gives sockets. */
export interface Piped {
  child: ChildProcess;
  input: FileHandle;
  output: Readable;
  errors: Readable;
}

/**
 * Starts a process between two pipes, as ejabberd does.
 *
 * @param flags - how its input is opened, such as `O_NONBLOCK`
 */
export async function spawnPiped(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  flags: number = constants.O_RDONLY,
): Promise<Piped> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-pipes-"));
  const [to, from] = await Promise.all([
    makePipe(join(folder, "in"), flags),
    makePipe(join(folder, "out"), constants.O_RDONLY),
  ]);
  rmSync(folder, { recursive: true });
  const child = spawn(command, args, {
    env,
    cwd: "/",
    stdio: [to.source.fd, from.sink.fd, "pipe"],
  });
  // With a copy of its ends we would never see them close.
  await Promise.all([to.source.close(), from.sink.close()]);
  return {
    child,
    input: to.sink,
    output: from.source.createReadStream(),
    errors: child.stderr as Readable,
  };
}

async function makePipe(
  path: string,
  flags: number,
): Promise<{ source: FileHandle; sink: FileHandle }> {
  execFileSync("mkfifo", [path]);
  const [source, sink] = await Promise.all([open(path, flags), open(path, "w")]);
  return { source, sink };
}
