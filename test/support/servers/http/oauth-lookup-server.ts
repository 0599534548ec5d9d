import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KeyInput } from "../../../../src/keyring/index.ts";
import { startServe } from "../../cli/run-cli.ts";

/** A running `mayfly serve` that ejabberd asks about tokens. */
export interface Lookup {
  /** The options that ejabberd asks it with. */
  options: { ext_api_url: string; ext_api_headers: string };
  stop(): Promise<void>;
}

/** Starts one; it answers when this resolves. */
export async function startLookup(keys: KeyInput[]): Promise<Lookup> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-lookup-"));
  const config = join(folder, "mayfly.yml");
  const backend_secret = "the-secret-of-the-servers";
  writeFileSync(config, stringify({ keys, http: { backend_secret } }), { mode: 0o600 });
  const socket = `unix:${join(folder, "extauth.sock")}`;
  const served = await startServe(["--config", config, "--extauth", socket]);
  return {
    options: {
      ext_api_url: served.url,
      ext_api_headers: `Authorization:Bearer ${backend_secret}`,
    },
    async stop() {
      await served.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
