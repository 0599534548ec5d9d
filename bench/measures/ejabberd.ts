import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "../../test/support/machine/debian.ts";
import {
  type Ejabberd,
  type EjabberdOptions,
  startEjabberd,
} from "../../test/support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../../test/support/servers/ejabberd-api.ts";
import { installModMayfly } from "../../test/support/servers/mod-mayfly.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, host, keys, npm, requestsFor, secret, single } from "../fixtures.ts";
import { logIn, type Server, warmUp } from "../logins.ts";

/** How many programs an ejabberd starts, as in our sample. */
const pool = 2;
/** How many logins are decided at once where memory is measured. */
const manyAtOnce = 16;

/** Logins on real ejabberds, which differ in their authentication alone. */
export async function ejabberd({ driver, folder, effort, say }: Bench): Promise<Comparison[]> {
  if (!isInstalled("ejabberd")) {
    say("ejabberd is left out: it is not installed");
    return [];
  }
  const logs = configure(folder, "ejabberd", { keys: [keys.mojoauth, keys.HS256] });
  const ours = passwords(await requestsFor(keys.mojoauth));
  const tokens = passwords(await requestsFor(keys.HS256));
  const jwk = { kty: "oct", use: "sig", k: Buffer.from(keys.HS256.secret).toString("base64url") };
  const jwtKey = join(folder, "jwk.json");
  writeFileSync(jwtKey, JSON.stringify(jwk));
  const programs = {
    "C that accepts all": [driver.floor, ours],
    "mayfly extauth": [npm + logs, ours],
    "our file": [single + logs, ours],
    "our file, a JWT": [single + logs, tokens],
  } as const;

  const stops: (() => Promise<void>)[] = [];
  const start = async (
    options: Record<string, unknown>,
    logins: Server["logins"],
    more: Partial<EjabberdOptions> = {},
  ) => {
    const server = await startEjabberd({ ...optionsWith(options), ...more });
    stops.push(server.stop);
    return { server, asked: { port: server.port, ca: server.ca, host, logins } };
  };
  try {
    const servers: Record<string, Server> = {};
    for (const [name, [program, logins]] of Object.entries(programs)) {
      const options = { extauth_program: program, extauth_pool_size: pool };
      servers[name] = (await start(options, logins)).asked;
    }
    const key = join(folder, "native.key");
    writeFileSync(key, secret, { mode: 0o600 });
    const modules = { mod_mayfly: { secret_files: [key] } };
    const native = await start({ auth_method: ["mayfly"], modules }, ours, {
      furnish: installModMayfly,
    });
    servers["ejabberd itself"] = native.asked;
    const jwt = { auth_method: ["jwt"], jwt_key: jwtKey, jwt_jid_field: "jid" };
    servers["its own JWT"] = (await start(jwt, tokens)).asked;
    const internal = await start({ auth_method: ["internal"] }, ours);
    for (const [user, password] of ours) {
      await runCommand(internal.server, "register", { user, host, password });
    }
    servers["its own accounts"] = internal.asked;
    const aims = {
      "mayfly extauth": 1 / 0.95,
      "our file": 1 / 0.95,
      "ejabberd itself": 1 / 0.97,
    };
    say("warming up seven ejabberds (about a minute) ...");
    await warmUp(servers, pool);
    const byTls = await logIn(servers, 40 * effort, { batch: 50, tls: true });
    const inClear = await logIn(servers, 40 * effort, { batch: 200, tls: false });
    const many = { extauth_program: npm + logs, extauth_pool_size: manyAtOnce };
    const crowded = await start(many, ours);
    await warmUp({ crowded: crowded.asked }, 1);
    const memory = new Map([
      [`ejabberd and ${manyAtOnce} programs`, [megabytesOf(crowded.server)]],
      ["ejabberd itself", [megabytesOf(native.server)]],
    ]);
    return [
      compare("A login to ejabberd", "µs", byTls, aims),
      compare(`Memory for ${manyAtOnce} logins at once`, "MB", memory, { "ejabberd itself": 0.5 }),
      compare(
        "A login to ejabberd, against its own JWT",
        "µs",
        byTls,
        { "our file, a JWT": 1 },
        "its own JWT",
      ),
      compare("A login to ejabberd, without TLS", "µs", inClear),
    ];
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

/** What an ejabberd and its programs share out between them: all that run in its folder. */
function megabytesOf({ folder }: Ejabberd): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && runsIn(folder, name));
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]),
  );
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function runsIn(folder: string, pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false; // it has just gone
  }
}

function optionsWith(options: Record<string, unknown>): EjabberdOptions {
  return {
    hosts: [host],
    mayfly: { keys: [] },
    ...apiAccess,
    options: { ...apiAccess.options, ...options },
    // Of more than five that come at once it would drop some, for a second.
    listeners: { ejabberd_c2s: { starttls: true, starttls_required: false, backlog: 100 } },
  };
}

/** Users and passwords from requests. */
function passwords(requests: readonly string[]): [string, string][] {
  return requests.map((request) => {
    const [, user = "", , ...password] = request.split(":");
    return [user, password.join(":")];
  });
}
