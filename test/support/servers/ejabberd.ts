import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { KeyInput } from "../../../src/keyring/index.ts";
import { main } from "../cli/run-cli.ts";
import { type Certificate, makeCertificate } from "../machine/certificate.ts";
import { ejabberdRoot, node, withProgramsOf } from "../machine/newer-debian.ts";
import { freePorts, untilListening } from "../machine/ports.ts";
import { until } from "../until.ts";
import { installModMayfly } from "./mod-mayfly.ts";
import { erlangLibraries, preparedEjabberd } from "./prepared-ejabberd.ts";

const samples = new URL("../../../ejabberd/", import.meta.url);
const patience = 60_000;

/** What to start. */
export interface EjabberdOptions {
  hosts: string[];
  /** What stands in the `mayfly.yml` that the program is started with. */
  mayfly: { keys: KeyInput[]; issuers?: object[]; hosts?: object; store?: string };
  /** The sample that it is started from. @defaultValue `ejabberd.yml` */
  sample?: string;
  /** Options put over those of the sample. */
  options?: Record<string, unknown>;
  /** The certificate to show; one of its own, when left out. */
  certificate?: Certificate;
  /** The same for its listeners, by their module. */
  listeners?: Record<string, object>;
  /** What else answers under a path where the WebSocket does. */
  handlers?: Record<string, string>;
  /** Puts something into its home before it starts. @defaultValue mod_mayfly, for the default sample */
  furnish?: (home: string) => void;
  /** What else stands in its environment. */
  env?: Record<string, string>;
  /** More arguments of Erlang. */
  erl?: string[];
}

/** What a sample listens with. */
interface Listener {
  module: string;
  request_handlers?: Record<string, string>;
}

/** A running private ejabberd. */
export interface Ejabberd {
  /** What it calls itself, such as `23.01`. */
  version: string;
  /** The process. */
  pid: number;
  /** For a WebSocket. */
  url: string;
  /** For TCP with STARTTLS. */
  port: number;
  /** For MQTT over TLS, where the sample has it. */
  mqttPort: number;
  /** The certificate to trust, PEM. */
  ca: string;
  /** Where its `ejabberd.yml` and the program's `mayfly.yml` are. */
  folder: string;
  /** The extauth program's decisions so far. */
  decisions(): Record<string, unknown>[];
  /** Its log so far. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts a private ejabberd from a sample in `ejabberd/`: own folder, free loopback ports, no
 * distribution; it takes connections when this resolves, and ends with the process that started it.
 */
export async function startEjabberd(options: EjabberdOptions): Promise<Ejabberd> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Somebody took a free port before ejabberd did.
      if (tries === 3 || !String(error).includes("eaddrinuse")) throw error;
    }
  }
}

async function startOnce({
  hosts,
  mayfly,
  sample = "ejabberd.yml",
  options = {},
  listeners = {},
  handlers,
  furnish = sample === "ejabberd.yml" ? installModMayfly : () => {},
  env = {},
  erl = [],
  ...rest
}: EjabberdOptions): Promise<Ejabberd> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-ejabberd-"));
  for (const name of ["spool", "log"]) mkdirSync(join(folder, name));
  const config = join(folder, "mayfly.yml");
  writeFileSync(config, stringify(mayfly), { mode: 0o600 });
  const { certificate = makeCertificate(folder, hosts) } = rest;
  const settings = parse(readFileSync(new URL(sample, samples), "utf8"));
  const ports = await freePorts(settings.listen.length);
  Object.assign(settings, {
    hosts,
    certfiles: [certificate.file],
    extauth_program: [node, main, "extauth", "--config", config].map(quote).join(" "),
    listen: settings.listen.map((listener: Listener, index: number) => ({
      ...listener,
      ip: "127.0.0.1",
      port: ports[index],
      ...listeners[listener.module],
      ...(listener.request_handlers && {
        request_handlers: { ...listener.request_handlers, ...handlers },
      }),
    })),
    ...options,
  });
  writeFileSync(join(folder, "ejabberd.yml"), stringify(settings));
  furnish(folder);

  const child = run(folder, env, erl);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const gone = once(child, "exit").catch((error: unknown) => [error]);
  let version: string;
  try {
    const exit = gone.then((why) => Promise.reject(new Error(`it exited (${why})`)));
    const started = until(() => /ejabberd ([\d.]+)\S* is started/.exec(log())?.[1]);
    [version] = await Promise.race([Promise.all([started, ready(ports)]), exit]);
  } catch (error) {
    const logged = log();
    await stop();
    throw new Error(`ejabberd did not start: ${error}\n${logged}\n${output}`);
  }
  const portOf = (module: string) =>
    ports[settings.listen.findIndex((listener: Listener) => listener.module === module)] ?? 0;
  return {
    version,
    pid: child.pid as number,
    url: `wss://localhost:${portOf("ejabberd_http")}/ws`,
    port: portOf("ejabberd_c2s"),
    mqttPort: portOf("mod_mqtt"),
    ca: certificate.pem,
    folder,
    decisions: () => jsonLines(output).filter(({ op }) => op !== undefined),
    log,
    stop,
  };

  async function stop(): Promise<void> {
    child.kill();
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }

  function log(): string {
    try {
      return readFileSync(join(folder, "log", "ejabberd.log"), "utf8");
    } catch {
      return "";
    }
  }
}

/** Without ejabberdctl: that needs root or its own user, and leaves a port mapper behind. */
function run(folder: string, env: Record<string, string>, more: string[]): ChildProcess {
  const prepared = preparedEjabberd();
  const boot = prepared ? ["-boot", prepared.bootScript] : [];
  const isNamed = /(^| )-s?name /.test([...more, env.ERL_ZFLAGS].join(" "));
  // A table holds the name of its node: a node with another name makes its own tables.
  if (prepared && !isNamed) cpSync(prepared.spool, join(folder, "spool"), { recursive: true });
  const idle = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]; // waits without the processor
  const spool = ["-mnesia", "dir", `"${join(folder, "spool")}"`];
  const erl = ["erl", ...boot, "-noinput", ...idle, ...more, ...spool, "-s", "ejabberd"];
  const [command, ...args] = withProgramsOf(ejabberdRoot, [
    "setpriv",
    "--pdeathsig",
    "TERM",
    ...erl,
  ]);
  return spawn(command, args, {
    cwd: folder,
    // A group of its own: Ctrl-C is for us to hear, and ejabberd dies of it before it can stop.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: "/usr/bin:/bin",
      HOME: folder,
      LANG: "C.UTF-8",
      ERL_LIBS: prepared?.libraries ?? erlangLibraries,
      EJABBERD_CONFIG_PATH: join(folder, "ejabberd.yml"),
      EJABBERD_LOG_PATH: join(folder, "log", "ejabberd.log"),
      ERL_CRASH_DUMP_BYTES: "0",
      ...env,
    },
  });
}

async function ready(ports: number[]): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  await Promise.all(ports.map((port) => untilListening(port, signal)));
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

/** For the shell that ejabberd starts its program with. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
