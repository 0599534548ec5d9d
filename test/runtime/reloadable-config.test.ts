import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Log } from "../../src/runtime/logger.ts";
import { ReloadableConfig } from "../../src/runtime/reloadable-config.ts";
import { startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { until } from "../support/until.ts";

test("an issuer's keys outlive a change of the file while the provider is down", async () => {
  const idp = await startOidcProvider();
  const folder = mkdtempSync(join(tmpdir(), "mayfly-reload-"));
  const file = join(folder, "mayfly.yml");
  onTestFinished(async () => {
    await idp.stop();
    rmSync(folder, { recursive: true });
  });
  const issuers = `issuers: [{ issuer: "${idp.issuer}" }]\n`;
  writeFileSync(file, issuers);
  const [info, warn, error] = [vi.fn(), vi.fn(), vi.fn()];
  const log = { info, warn, error, redirect: () => {} } as unknown as Log;
  const live = new ReloadableConfig(file, log);
  await live.start();
  const login = { host: "example.com", password: await idp.accessToken({ user: "alice" }) };
  expect(await live.verify(login)).toMatchObject({ ok: true });

  await idp.down();
  writeFileSync(file, `${issuers}hosts: { example.com: { leeway: 1s } }\n`);
  await until(() => live.current?.policies.forHost("example.com")?.leeway === 1);
  expect(await live.verify(login)).toMatchObject({ ok: true });
  expect(error).not.toHaveBeenCalled();

  await live.load(); // as an operator asks for it: the keys are fetched anew
  expect(await live.verify(login)).toEqual({ ok: false, reason: "store-unavailable" });
  expect(await live.verify(login)).toEqual({ ok: false, reason: "store-unavailable" });
  const line = [{ issuer: idp.issuer, err: expect.stringContaining("metadata of") }];
  expect(error.mock.calls).toEqual([[...line, "issuer unavailable: refusing its tokens"]]);
});
