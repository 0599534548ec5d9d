import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  explain,
  host,
  isAlive,
  keys,
  mint,
  newUser,
  openSession,
  revokedError,
} from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { ejabberdRoot, withProgramsOf } from "../support/machine/newer-debian.ts";
import { freePorts, untilListening } from "../support/machine/ports.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

describeWith("ejabberd")("a cluster of two ejabberds", () => {
  let names: ChildProcess;
  let program: RevokingProgram;
  const nodes: Ejabberd[] = [];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const epmd = ["epmd", "-address", "127.0.0.1", "-port", `${port}`] as [string, ...string[]];
    const [command, ...args] = withProgramsOf(ejabberdRoot, epmd);
    names = spawn("setpriv", ["--pdeathsig", "KILL", command, ...args], { stdio: "ignore" });
    const env = { ERL_EPMD_PORT: `${port}`, ERL_EPMD_ADDRESS: "127.0.0.1" };
    await untilListening(port, AbortSignal.timeout(60_000));
    program = await makeRevokingProgram(keys);
    await program.start();
    for (const name of ["one", "two"]) {
      const node = ["-name", `${name}@127.0.0.1`, "-setcookie", "crumbs", "-start_epmd", "false"];
      const inet = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"];
      nodes.push(
        await startEjabberd({
          hosts: [host],
          mayfly: { keys: [] },
          furnish: installModMayfly,
          handlers: apiAccess.handlers,
          erl: [...node, ...inet],
          env,
          options: {
            ...apiAccess.options,
            auth_method: ["mayfly"],
            modules: {
              mod_disco: {},
              mod_ping: {},
              mod_stream_mgmt: {},
              mod_mayfly: { socket: program.path },
            },
          },
        }),
      );
    }
    // Whoever joins starts anew, and the command over HTTP would end with the listener.
    const join = "rpc:call('two@127.0.0.1', ejabberd_cluster, join, ['one@127.0.0.1']), halt().";
    const ask = ["-name", "ask@127.0.0.1", "-setcookie", "crumbs", "-start_epmd", "false"];
    const erl = ["erl", "-noinput", "-hidden", ...ask, "-eval", join] as [string, ...string[]];
    const [ctl, ...words] = withProgramsOf(ejabberdRoot, erl);
    execFileSync(ctl, words, { env: { PATH: "/usr/bin:/bin", HOME: nodes[0]?.folder, ...env } });
    const [first] = nodes as [Ejabberd];
    await until(async () =>
      (await runCommand(first, "list_cluster", {})).includes("two@127.0.0.1"),
    );
    await untilListening(nodes[1]?.port ?? 0, AbortSignal.timeout(60_000));
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await program?.end();
    names?.kill("SIGKILL");
  });

  test("ends the sessions of who is revoked on both, each its own", async () => {
    const [alice, bob] = [newUser(), newUser()];
    const sessions = await Promise.all(nodes.map((node) => openSession(node, () => mint(alice))));
    const friends = await Promise.all(nodes.map((node) => openSession(node, () => mint(bob))));
    const listed = await program.listSessions(alice);
    expect(listed.map(({ node }) => node).sort()).toEqual(["one@127.0.0.1", "two@127.0.0.1"]);
    const report = await program.revokeUser(alice);
    for (const { ends } of sessions) {
      await until(() => ends.length > 0);
      expect(explain(ends[0])).toEqual(revokedError());
    }
    expect(await report()).toMatchObject([
      { server: "one@127.0.0.1", ended: 1 },
      { server: "two@127.0.0.1", ended: 1 },
    ]);
    for (const { xmpp } of friends) expect(await isAlive(xmpp)).toBe(true);
    await Promise.all([...sessions, ...friends].map(({ xmpp }) => xmpp.stop()));
  });
});
