import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Where servers listen: below the ports that Linux gives to connections and to servers that ask for any, one
 * of which could be taken before a server listens; and above 10080, the last one that browsers refuse.
 */
const lowest = 11_000;
/** Each of the files that run at once has ports of its own. */
const perWorker = 1000;
const workers = 21;

const start = lowest + (Number(process.env.VITEST_POOL_ID ?? 0) % workers) * perWorker;
let next = Math.floor(Math.random() * perWorker);

/** Ports of 127.0.0.1 that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = start + (next++ % perWorker);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const holder = createServer().listen(port, "127.0.0.1");
  try {
    await once(holder, "listening");
  } catch {
    return false;
  }
  await new Promise((done) => holder.close(done));
  return true;
}

/** Resolves once a connection to the port succeeds; rejects when the signal aborts. */
export async function untilListening(port: number, signal: AbortSignal): Promise<void> {
  while (!(await isListening(port))) {
    signal.throwIfAborted();
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Whether a connection succeeds, to a port of 127.0.0.1 or to a socket's path. */
export async function isListening(where: number | string): Promise<boolean> {
  const socket = typeof where === "number" ? connect(where, "127.0.0.1") : connect(where);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
