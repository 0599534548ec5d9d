import { expect, test, vi } from "vitest";
import { withOutageLogging } from "../../src/runtime/logged-store.ts";
import { createLog } from "../../src/runtime/logger.ts";
import { openStore } from "../../src/store/open.ts";

test("a store that fails is in the log once, and once more when it is back", async () => {
  const store = await openStore("memory");
  const log = createLog();
  const error = vi.spyOn(log, "error").mockReturnValue();
  const info = vi.spyOn(log, "info").mockReturnValue();
  const down = vi.spyOn(store, "getStatus").mockRejectedValue(new Error("away"));
  const told = withOutageLogging(store, log);

  for (let round = 0; round < 3; round++) {
    await expect(told.getStatus("credential", "alice@example.org")).rejects.toThrow("away");
  }
  expect(error).toHaveBeenCalledOnce();
  expect(info).not.toHaveBeenCalled();

  down.mockRestore();
  expect(await told.getStatus("credential", "alice@example.org")).toEqual({ revoked: false });
  expect(await told.claim("credential", Date.now())).toBe(true);
  expect(info).toHaveBeenCalledExactlyOnceWith("store available again");
  await told.close();
});
