import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { main } from "../cli/run-cli.ts";
import type { RawLogin } from "../clients/raw-login.ts";
import { type C2s, c2sOutcome } from "../clients/tcp-login.ts";
import { node } from "../machine/newer-debian.ts";
import { until } from "../until.ts";
import { type Ejabberd, type EjabberdOptions, startEjabberd } from "./ejabberd.ts";

/** As `ejabberd/ejabberd.yml` has it. */
const size = 2;

/** A private ejabberd with one host, and the two workers that it starts. */
export interface Pool extends Pick<Ejabberd, "url" | "ca"> {
  /** The processes of the workers. */
  workers(): number[];
  /** The same once there are two, each of which has answered a request, and this one is none of them. */
  ready(without?: number): Promise<number[]>;
  /** Writes the workers' `mayfly.yml` anew. */
  configure(text: string): void;
  /** Logs in over TCP, and leaves: `success`, or the condition of the refusal. */
  outcome(login: RawLogin): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts an ejabberd whose workers read a `mayfly.yml` with this text.
 *
 * @param program - what they run, in Node
 * @param more - how else ejabberd is started
 */
export async function startPool(
  host: string,
  text: string,
  program: string[] = [main, "extauth"],
  { options, ...more }: Partial<EjabberdOptions> = {},
): Promise<Pool> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-pool-"));
  const config = join(folder, "mayfly.yml");
  configure(text);
  const words = [node, ...program, "--config", config];
  const server = await startEjabberd({
    hosts: [host],
    mayfly: { keys: [] },
    options: { ...options, extauth_program: words.map((word) => `'${word}'`).join(" ") },
    ...more,
  });
  const [worker = 0] = await until(() => workers().length === size && workers());
  const c2s: C2s = { port: c2sPort(worker), ca: server.ca };
  return {
    url: server.url,
    ca: server.ca,
    workers,
    ready(without) {
      return until(() => {
        const pids = workers();
        if (pids.length < size || pids.includes(without ?? 0)) return false;
        const answered = new Set(server.decisions().map(({ pid }) => pid));
        return pids.every((pid) => answered.has(pid)) && pids;
      });
    },
    configure,
    outcome: (login) => c2sOutcome(c2s, login),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };

  function configure(text: string): void {
    writeFileSync(config, text, { mode: 0o600 });
  }

  function workers(): number[] {
    const pids = readdirSync("/proc").map(Number);
    return pids.filter((pid) => pid > 0 && runs(pid, config));
  }
}

function runs(pid: number, config: string): boolean {
  try {
    const [program, ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return program === node && args.includes(config); // not the shell before it
  } catch {
    return false; // it has just gone
  }
}

/** The port of XMPP over TCP, from the configuration in the folder that ejabberd runs in. */
function c2sPort(worker: number): number {
  const file = join(readlinkSync(`/proc/${worker}/cwd`), "ejabberd.yml");
  const { listen }: { listen: { module: string; port: number }[] } = parse(
    readFileSync(file, "utf8"),
  );
  const port = listen.find(({ module }) => module === "ejabberd_c2s")?.port;
  if (port === undefined) throw new Error(`no ejabberd_c2s in ${file}`);
  return port;
}
