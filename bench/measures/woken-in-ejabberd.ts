import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled } from "../../test/support/machine/debian.ts";
import { startEjabberd } from "../../test/support/servers/ejabberd.ts";
import { installModMayfly } from "../../test/support/servers/mod-mayfly.ts";
import { until } from "../../test/support/until.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare, quantile } from "../comparison.ts";
import { configure, host, keys, requestsFor, script, secret, single } from "../fixtures.ts";

const base = "plain Python, with log";
const aims = { "our file": 0.75 };
const pauseMs = 3;
const core = String(cpus().length - 1);

/** A decision that wakes for it, as ejabberd sees it: of a program, and of `auth_method: [mayfly]`. */
export async function wokenInEjabberd({
  driver,
  folder,
  effort,
  say,
}: Bench): Promise<Comparison[]> {
  if (!isInstalled("ejabberd")) {
    say("ejabberd is left out: it is not installed");
    return [];
  }
  const key = join(folder, "woken-in-ejabberd.key");
  writeFileSync(key, secret, { mode: 0o600 });
  const plan = join(folder, "woken-in-ejabberd.plan");
  const result = join(folder, "woken-in-ejabberd.result");
  const logs = configure(folder, "woken-in-ejabberd", { keys: [keys.mojoauth] });
  const programs = {
    "C that accepts all": driver.floor,
    [base]: script("/usr/bin/python3", "extauth.py", join(folder, "py.log")),
    "our file": single + logs,
  };
  const requests = await requestsFor(keys.mojoauth);
  const rounds = 60 * effort;
  writeFileSync(plan, [...terms({ result, rounds, programs }), ...requests.map(login)].join("\n"));
  const server = await startEjabberd({
    hosts: [host],
    mayfly: { keys: [] },
    furnish(home) {
      installModMayfly(home);
      compileModule(join(home, ".ejabberd-modules/mod_mayfly/ebin"));
    },
    options: {
      auth_method: ["mayfly"],
      modules: { mod_mayfly: { secret_files: [key] }, mod_woken: { plan } },
    },
  });
  try {
    execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", core, String(server.pid)]);
    await until(() => existsSync(result) && readFileSync(result, "utf8").endsWith("done\n"), 1000);
  } finally {
    await server.stop();
  }
  const lines = readFileSync(result, "utf8").trim().split("\n").slice(0, -1);
  const samples = (unit: "wall" | "cpu") => samplesOf(lines, unit);
  const wall = samples("wall");
  const late = new Map([...wall].map(([name, values]) => [name, [quantile(values, 0.99)]]));
  return [
    compare(
      `Processor time of a decision for ejabberd after ${pauseMs} ms`,
      "µs",
      samples("cpu"),
      aims,
      base,
    ),
    compare("Time to the answer, as ejabberd sees it", "µs", wall, {}, base),
    compare("The same, of 99 in 100", "µs", late, {}, base),
  ];
}

function terms(plan: {
  result: string;
  rounds: number;
  programs: Record<string, string>;
}): string[] {
  const programs = Object.entries(plan.programs).map(
    ([name, command]) =>
      `{program, ${text(name)}, ${text(`taskset --cpu-list ${core} ${command}`)}}.`,
  );
  return [
    `{result, ${text(plan.result)}}.`,
    `{host, <<${text(host)}>>}.`,
    `{rounds, ${plan.rounds}}.`,
    `{pause_ms, ${pauseMs}}.`,
    ...programs,
  ];
}

function login(request: string): string {
  const [, user = "", , ...password] = request.split(":");
  return `{login, <<${text(user)}>>, <<${text(password.join(":"))}>>}.`;
}

function text(value: string): string {
  return JSON.stringify(value); // as Erlang spells ASCII
}

function compileModule(ebin: string): void {
  const source = fileURLToPath(new URL("../mod_woken.erl", import.meta.url));
  execFileSync("erlc", ["-o", ebin, source]);
}

function samplesOf(lines: readonly string[], unit: "wall" | "cpu"): Map<string, number[]> {
  const samples = new Map<string, number[]>();
  for (const line of lines) {
    const { name, [unit]: nanoseconds } = JSON.parse(line);
    samples.set(name, [...(samples.get(name) ?? []), nanoseconds / 1000]);
  }
  return samples;
}
