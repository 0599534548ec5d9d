import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Keyring } from "../../../src/keyring/index.ts";
import { mint } from "../../../src/mint/index.ts";
import { rawOutcome } from "../clients/raw-login.ts";
import { c2sOutcome } from "../clients/tcp-login.ts";
import { isInstalled } from "../machine/debian.ts";
import { ejabberdRoot, withProgramsOf } from "../machine/newer-debian.ts";
import { startEjabberd } from "../servers/ejabberd.ts";
import { installModMayfly } from "../servers/mod-mayfly.ts";
import {
  bootScriptSource,
  erlangLibraries,
  librariesOfErlang,
  preparedFolder,
  preparedIn,
} from "../servers/prepared-ejabberd.ts";

const host = "example.org";
const keys = [{ id: "north", secret: "the secret of the one that is prepared" }];

/** Starts one ejabberd in full, logs in, and keeps what makes the start of all others cheap. */
export async function prepareEjabberd(): Promise<void> {
  if (!isInstalled("ejabberd") || existsSync(preparedFolder())) return;
  const folder = `${preparedFolder()}-`;
  mkdirSync(join(folder, ".."), { recursive: true });
  const making = mkdtempSync(folder);
  try {
    await prepareIn(making);
    renameSync(making, preparedFolder());
  } catch (error) {
    rmSync(making, { recursive: true });
    if (!existsSync(preparedFolder())) throw error; // another has been quicker
  }
}

async function prepareIn(folder: string): Promise<void> {
  const { bootScript, libraries, spool } = preparedIn(folder);
  for (const path of [libraries, spool]) mkdirSync(path);
  for (const name of librariesOfErlang()) {
    symlinkSync(join(erlangLibraries, name), join(libraries, name));
  }
  const server = await startEjabberd({
    hosts: [host],
    mayfly: { keys },
    erl: ["-mnesia", "dir", `"${spool}"`],
    furnish(home) {
      installModMayfly(home);
      const ebin = join(home, ".ejabberd-modules/mod_mayfly/ebin");
      const [command, ...args] = withProgramsOf(ejabberdRoot, [
        "erlc",
        "-o",
        ebin,
        bootScriptSource,
      ]);
      execFileSync(command, args, { env: { PATH: "/usr/bin:/bin" } });
    },
    options: {
      modules: {
        mod_boot_script: { file: `${bootScript}.boot` },
        mod_disco: {},
        mod_mayfly: {},
        mod_offline: {},
        mod_ping: {},
        mod_roster: {},
      },
    },
  });
  try {
    const { password } = await mint(
      { jid: `alice@${host}`, ttl: 60 },
      { keyring: new Keyring(keys) },
    );
    const login = { user: "alice", host, password };
    await rawOutcome(server, login);
    await c2sOutcome(server, login);
  } finally {
    await server.stop();
  }
  if (!existsSync(`${bootScript}.boot`)) throw new Error(`ejabberd wrote no ${bootScript}.boot`);
}
