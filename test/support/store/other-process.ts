import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Store } from "../../../src/store/index.ts";

const program = fileURLToPath(new URL("store-process.ts", import.meta.url));

type Methods = Required<Omit<Store, "feed">>;

/** A store in a process of its own. */
export interface OtherProcess {
  call<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): ReturnType<Methods[M]>;
  stop(): Promise<void>;
}

/** Starts a process that opens a store. */
export function startOther(url: string): OtherProcess {
  const child = fork(program, [url], { execArgv: ["--import", "tsx"], serialization: "advanced" });
  const exit = once(child, "exit");
  const over = exit.then(([code]) => Promise.reject(new Error(`it exited (${code})`)));
  over.catch(() => {});
  const waiting = new Map<number, (answer: unknown) => void>();
  let calls = 0;
  child.on("message", ([id, answer]: [number, unknown]) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    call<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>) {
      const id = calls++;
      child.send([id, method, ...args]);
      const answer = new Promise<unknown>((resolve) => waiting.set(id, resolve));
      return Promise.race([answer, over]) as ReturnType<Methods[M]>;
    },
    async stop() {
      child.kill();
      await exit;
    },
  };
}

/** Two processes claim a thousand credentials, each at the same instant: one of them gets it. */
export async function raceForClaims(url: string): Promise<void> {
  const racers = [startOther(url), startOther(url)];
  try {
    await Promise.all(racers.map((racer) => racer.call("hasSeen", "anybody")));
    const until = Math.floor(Date.now() / 1000) + 60;
    const race = async (name: string) => {
      const won = await Promise.all(racers.map((racer) => racer.call("claim", name, until)));
      return won.filter(Boolean).length;
    };
    const winners: number[] = [];
    for (let round = 0; round < 100; round++) {
      racers.reverse(); // who is asked first has a head start
      const names = Array.from({ length: 10 }, (_, index) => `${round} ${index}`);
      winners.push(...(await Promise.all(names.map(race))));
    }
    expect(winners).toEqual(Array.from({ length: 1000 }, () => 1));
  } finally {
    await Promise.all(racers.map((racer) => racer.stop()));
  }
}

/** What one process revokes is refused by another within a second. */
export async function revokeElsewhere(url: string, store: Store): Promise<void> {
  const other = startOther(url);
  try {
    const until = Math.floor(Date.now() / 1000) + 60;
    expect(await store.getStatus("one", "alice@example.com")).toEqual({ revoked: false });
    await other.call("revoke", "one", until);
    const user = { issuedBy: until - 60, expiresBy: until };
    await other.call("revokeUser", "alice@example.com", user, until);
    const revokedAt = performance.now();
    const known = { revoked: true, user };
    expect(await store.getStatus("one", "alice@example.com")).toEqual(known);
    expect(performance.now() - revokedAt).toBeLessThan(1000);
  } finally {
    await other.stop();
  }
}
