import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeProgram } from "../../test/support/cli/socket-program.ts";
import { isInstalled } from "../../test/support/machine/debian.ts";
import { startProsody } from "../../test/support/servers/prosody.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { host, keys, requestsFor } from "../fixtures.ts";
import { logIn, warmUp } from "../logins.ts";

const insecure = `
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
insecure_sasl_mechanisms = {}
`;

/** Logins on real Prosodys: with our module, and with accounts of its own. */
export async function prosody({ folder, effort, say }: Bench): Promise<Comparison[]> {
  if (!isInstalled("prosody")) {
    say("Prosody is left out: it is not installed");
    return [];
  }
  const requests = await requestsFor(keys.mojoauth);
  const logins = requests.map((request): [string, string] => {
    const [, user = "", , ...password] = request.split(":");
    return [user, password.join(":")];
  });
  const data = join(folder, "prosody");
  const accounts = join(
    data,
    host.replace(/\W/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`),
    "accounts",
  );
  mkdirSync(accounts, { recursive: true });
  for (const [user, password] of logins) {
    writeFileSync(
      join(accounts, `${user}.dat`),
      `return { ["password"] = ${JSON.stringify(password)} };`,
    );
  }
  const program = makeProgram({
    keys: [keys.mojoauth],
    log: { file: join(folder, "prosody.log") },
  });
  await program.start();
  const stops: (() => Promise<void>)[] = [program.end];
  try {
    const own = await startProsody({
      hosts: [host],
      options: `${insecure}authentication = "internal_plain"\ndata_path = ${JSON.stringify(data)}\n`,
    });
    stops.push(own.stop);
    const ours = await startProsody({ hosts: [host], socket: program.path, options: insecure });
    stops.push(ours.stop);
    const servers = {
      "its own accounts": { port: own.port, ca: own.ca, host, logins },
      "mayfly serve": { port: ours.port, ca: ours.ca, host, logins },
    };
    await warmUp(servers, 1);
    const byTls = await logIn(servers, 40 * effort, { batch: 50, tls: true });
    const inClear = await logIn(servers, 40 * effort, { batch: 200, tls: false });
    return [
      compare("A login to Prosody", "µs", byTls, { "mayfly serve": 1 / 0.9 }),
      compare("A login to Prosody, without TLS", "µs", inClear),
    ];
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}
