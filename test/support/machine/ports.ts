import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Ports of 127.0.0.1 that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(holders.map((holder) => once(holder, "listening")));
  const ports = holders.map((holder) => (holder.address() as { port: number }).port);
  await Promise.all(holders.map((holder) => new Promise((done) => holder.close(done))));
  return ports;
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
