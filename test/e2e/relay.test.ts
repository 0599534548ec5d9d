import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "relayed", secret: "the secret behind the socket" }];
const keyring = new Keyring(keys);
const host = "example.org";

const relay = fileURLToPath(new URL("../../ejabberd/relay.sh", import.meta.url));
const relays = ["socat", "nc"] as const;
// A newer Debian for the matrix has no nc.
const here = relays.filter((name) => name === "socat" || !process.env.MAYFLY_EJABBERD);

describeWith("ejabberd", "netcat", "socat").each(here)(
  "ejabberd with 16 relays by %s to one mayfly serve",
  (name) => {
    let folder: string;
    let served: Served;
    let server: Ejabberd;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "mayfly-relay-"));
      const path = join(folder, "extauth.sock");
      writeFileSync(join(folder, "mayfly.yml"), stringify({ keys }));
      const args = ["--config", join(folder, "mayfly.yml"), "--extauth", `unix:${path}`];
      served = await startServe(args);
      const extauth_program =
        name === "nc" ? `${relay} ${path}` : `socat STDIO UNIX-CONNECT:${path}`;
      const options = { extauth_program, extauth_pool_size: 16 };
      // Of more than five who come at once ejabberd would drop some, for seconds.
      const listeners = { ejabberd_http: { backlog: 100 } };
      server = await startEjabberd({ hosts: [host], mayfly: { keys }, options, listeners });
    });
    afterAll(async () => {
      await server?.stop();
      await served?.stop();
      rmSync(folder, { recursive: true });
    });

    test("decides 64 logins from all sides at once", async () => {
      const logins = Array.from({ length: 64 }, async (_, number) => {
        const jid = `user${number}@${host}`;
        const minted = await mint({ jid }, { keyring });
        const isGood = number % 2 === 0;
        const presented = isGood ? minted : { ...minted, username: `user${number + 1}` };
        return { expected: isGood ? jid : "not-authorized", got: await outcome(server, presented) };
      });
      const outcomes = await Promise.all(logins);
      expect(outcomes.map(({ got }) => got)).toEqual(outcomes.map(({ expected }) => expected));
      const counted = await (await fetch(`${served.url}/metrics`)).text();
      expect(counted).toContain('mayfly_request_duration_seconds_count{op="auth"} 64');
    });
  },
);
