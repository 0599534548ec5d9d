import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { host, keys } from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { ejabberdRoot, withProgramsOf } from "../support/machine/newer-debian.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const count = 10_000;
const modules = (name: string) =>
  fileURLToPath(new URL(`../support/servers/${name}`, import.meta.url));

let program: RevokingProgram;

beforeAll(async () => {
  program = await makeRevokingProgram(keys);
  await program.start();
});
afterAll(() => program?.end());

/** The processor time that a process has used, in seconds (proc(5)). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Revokes one of the users while the server has so many sessions: the processor time that it takes. */
async function measure(pid: number, log: () => string): Promise<number> {
  await until(() => log().includes(`${count} sessions are there`));
  await (await program.revokeUser(`user-1@${host}`))(); // it follows by now
  const before = cpuSeconds(pid);
  const report = await program.revokeUser(`user-${count / 2}@${host}`);
  expect(await report()).toContainEqual(expect.objectContaining({ ended: 1 }));
  return cpuSeconds(pid) - before;
}

/** Compiles a module beside mod_mayfly, which is installed. */
function installSynthetic(home: string): void {
  const ebin = join(home, ".ejabberd-modules/mod_mayfly/ebin");
  const source = join(modules("ejabberd-modules"), "mod_synthetic_sessions.erl");
  const [command, ...args] = withProgramsOf(ejabberdRoot, ["erlc", "-o", ebin, source]);
  execFileSync(command, args, { env: { PATH: "/usr/bin:/bin" } });
}

describeWith("ejabberd")("a revocation among 10,000 sessions of ejabberd", () => {
  test("costs less than a second of a core", async () => {
    const server = await startEjabberd({
      hosts: [host],
      mayfly: { keys: [] },
      furnish(home) {
        installModMayfly(home);
        installSynthetic(home);
      },
      options: {
        auth_method: ["mayfly"],
        modules: {
          mod_mayfly: { socket: program.path },
          mod_synthetic_sessions: { count },
        },
      },
    });
    try {
      const seconds = await measure(server.pid, server.log);
      expect(seconds).toBeLessThan(1);
    } finally {
      await server.stop();
    }
  });
});

describeWith("prosody")("a revocation among 10,000 sessions of Prosody", () => {
  test("costs less than a second of a core", async () => {
    const server = await startProsody({
      hosts: [host],
      socket: program.path,
      plugins: [modules("prosody-modules")],
      options: `
modules_enabled = { "saslauth", "tls", "disco", "websocket", "synthetic_sessions" }
synthetic_sessions = ${count}`,
    });
    try {
      const seconds = await measure(server.pid, server.log);
      expect(seconds).toBeLessThan(1);
    } finally {
      await server.stop();
    }
  });
});
