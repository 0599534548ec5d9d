/** A process with a store of its own, for ./other-process.ts. */
import { openStore, type Store } from "../../../src/store/index.ts";

type Call = [id: number, method: keyof Omit<Store, "feed">, ...args: unknown[]];

const store = await openStore(process.argv[2] ?? "");
process.on("message", async ([id, method, ...args]: Call) => {
  const answer = await (store[method] as (...args: unknown[]) => Promise<unknown>)(...args);
  process.send?.([id, answer]);
});
process.on("disconnect", () => process.exit());
