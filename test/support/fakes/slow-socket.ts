import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { FrameReader } from "../../../src/extauth/frame-reader.ts";
import { until } from "../until.ts";

/** A socket in front of that of `mayfly serve`, on which answers to logins can be held back. */
export interface SlowSocket {
  path: string;
  /** From now on answers to logins wait. */
  hold(): void;
  /** Resolves once a login is decided whose answer waits. */
  decided(): Promise<unknown>;
  /** Lets them go. */
  release(): void;
  close(): Promise<void>;
}

/** Passes each frame of a connection on, and each answer back. */
export async function startSlowSocket(target: string): Promise<SlowSocket> {
  const path = `${target}.slow`;
  const open = new Set<Socket>();
  const held: (() => void)[] = [];
  let isHolding = false;

  const server = createServer((near) => {
    const far = connect(target);
    const asked: string[] = [];
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on("error", () => {}).on("close", () => other.destroy());
    }
    const requests = new FrameReader();
    near.on("data", (chunk) => {
      for (const payload of requests.feed(chunk)) asked.push(payload.toString("latin1", 0, 6));
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      const isLogin = /^(login|check):/.test(asked.shift() ?? "");
      if (isLogin && isHolding) held.push(() => near.write(chunk));
      else near.write(chunk);
    });
  }).listen(path);
  await once(server, "listening");

  return {
    path,
    hold() {
      isHolding = true;
    },
    decided: () => until(() => held.length > 0),
    release() {
      isHolding = false;
      for (const pass of held.splice(0)) pass();
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
