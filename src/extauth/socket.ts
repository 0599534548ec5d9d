import { once } from "node:events";
import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { MayflyError } from "../error.ts";
import { RequestStream, type RequestStreamOptions } from "./stream.ts";

/** A socket that is listened on. */
export interface UnixListener {
  /** Takes no more connections, answers what was asked, and resolves when all are closed. */
  close(): Promise<void>;
}

/**
 * Listens on a unix socket, for its owner and group. Each connection is a stream of its own. A
 * socket that nobody listens on any more is replaced.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` where another process listens there, or nobody may.
 */
export async function listen(
  path: string,
  stream: Omit<RequestStreamOptions, "input" | "output">,
): Promise<UnixListener> {
  await removeStaleSocket(path);
  const open = new Set<RequestStream>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const requests = new RequestStream({ ...stream, input: socket, output: socket });
    open.add(requests);
    requests.finished.then(() => {
      open.delete(requests);
      socket.destroySoon();
    });
  });
  await bind(server, path);

  return {
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const requests of open) requests.stop();
      await closed;
    },
  };
}

async function bind(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177);
  try {
    server.listen(path);
    await once(server, "listening");
    chmodSync(path, 0o660);
  } catch (error) {
    throw problem(path, `cannot be listened on (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    process.umask(umask);
  }
}

/** Takes a socket away that a process left behind. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw problem(path, "is there, and is no socket");
  if (await answers(path)) throw problem(path, "is listened on by another process");
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ENOENT") return false;
    throw problem(path, `cannot be looked at (${code})`);
  } finally {
    socket.destroy();
  }
}

function problem(path: string, what: string): MayflyError {
  return new MayflyError("ERR_CONFIG", `${path}: ${what}`);
}
