import { syncBuiltinESMExports } from "node:module";
import { type Mock, onTestFinished, vi } from "vitest";

/**
 * Spies on a function of a module of Node, until the test ends, in every file that has imported it.
 * `vi.mock` would need a process for each file, as it comes before the first import.
 *
 * @param module - its default export
 */
export function spyOnBuiltin<M extends object, N extends keyof M & string>(
  module: M,
  name: N,
): Mock<Extract<M[N], (...args: never[]) => unknown>> {
  const spy = vi.spyOn(module as Record<string, () => void>, name);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return spy as unknown as Mock<Extract<M[N], (...args: never[]) => unknown>>;
}
