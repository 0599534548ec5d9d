import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import type { Service } from "../clients/xmpp-client.ts";
import { type Certificate, makeCertificate } from "../machine/certificate.ts";
import { prosodyRoot, withProgramsOf } from "../machine/newer-debian.ts";
import { freePorts } from "../machine/ports.ts";
import { until } from "../until.ts";

const modules = fileURLToPath(new URL("../../../prosody", import.meta.url));
const sample = join(modules, "prosody.cfg.lua");
const patience = 30_000;

/** What to start. */
export interface ProsodyOptions {
  hosts: string[];
  /** The socket where the program answers; nobody does, when left out. */
  socket?: string;
  /** Lua lines put before the first host: what they set counts, and not what the sample sets. */
  options?: string;
  /** More folders with modules. */
  plugins?: string[];
  /** What else stands in its environment. */
  env?: Record<string, string>;
  /** The certificate to show; one of its own, when left out. */
  certificate?: Certificate;
}

/** A running private Prosody. */
export interface Prosody {
  /** What it calls itself, such as `0.12.3`. */
  version: string;
  /** The process. */
  pid: number;
  /** For a WebSocket. */
  url: string;
  /** For TCP with STARTTLS. */
  port: number;
  /** For TCP with TLS from the start. */
  tlsPort: number;
  /** The certificate to trust, PEM. */
  ca: string;
  /** The file of that certificate, and that of its configuration. */
  certificate: string;
  config: string;
  /** Each way to connect: a WebSocket, and TCP with STARTTLS or with TLS from the start. */
  by: Record<"wss" | "xmpp" | "xmpps", Service>;
  /** Its log so far, from debug on. */
  log(): string;
  /** What a command of its shell says; it must have loaded `admin_shell`. */
  shell(command: string): string;
  stop(): Promise<void>;
}

/**
 * Starts a private Prosody from `prosody/prosody.cfg.lua`: own folder, free loopback ports, our
 * modules; it offers a login when this resolves, and ends with the process that started it.
 */
export async function startProsody(options: ProsodyOptions): Promise<Prosody> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Somebody took a free port before Prosody did.
      if (tries === 3 || !String(error).includes("Failed to open server port")) throw error;
    }
  }
}

async function startOnce({
  hosts,
  options = "",
  plugins = [],
  env = {},
  ...rest
}: ProsodyOptions): Promise<Prosody> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-prosody-"));
  const certificates = join(folder, "certs");
  mkdirSync(certificates);
  const { file, pem: ca } = rest.certificate ?? makeCertificate(certificates, hosts);
  writeFileSync(join(certificates, "server.crt"), ca);
  copyFileSync(file, join(certificates, "server.key"));
  const [port, tlsPort, webPort] = (await freePorts(3)) as [number, number, number];
  const { socket = join(folder, "nobody.sock") } = rest;
  const logFile = join(folder, "prosody.log");

  const settings = {
    plugin_paths: lua([modules, ...plugins]),
    mayfly_socket: lua(socket),
    certificates: lua(certificates),
    c2s_ports: `{ ${port} }`,
    c2s_direct_tls_ports: `{ ${tlsPort} }`,
    https_ports: `{ ${webPort} }`,
    pidfile: lua(join(folder, "prosody.pid")),
    log: `{ debug = ${lua(logFile)} }`,
  };
  const more = `
run_as_root = true -- for whom is root
data_path = ${lua(folder)}
interfaces = { "127.0.0.1" }
http_default_host = ${lua(hosts[0] ?? "")} -- whoever comes by an address names no host
${options}
`;
  const config = join(folder, "prosody.cfg.lua");
  writeFileSync(config, configure(readFileSync(sample, "utf8"), { settings, more, hosts }));

  const child = run(folder, config, env);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const gone = once(child, "exit").catch((error: unknown) => [error]);
  let version: string;
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}`);
      return offersLogin({ port: tlsPort, ca, host: hosts[0] ?? "" });
    });
    const [taken] = /Failed to open server port .*/.exec(log()) ?? [];
    if (taken) throw new Error(taken);
    version = /welcome to Prosody version (\S+)/.exec(log())?.[1] ?? "";
  } catch (error) {
    const said = log();
    await stop();
    throw new Error(`Prosody did not start: ${error}\n${said}\n${output}`);
  }
  const url = `wss://127.0.0.1:${webPort}/xmpp-websocket`;
  const certificate = join(certificates, "server.crt");
  const by = {
    wss: { url, ca },
    xmpp: { url: `xmpp://localhost:${port}`, ca },
    xmpps: { url: `xmpps://localhost:${tlsPort}`, ca },
  };
  const pid = child.pid as number;
  return { version, pid, url, port, tlsPort, ca, certificate, config, by, log, shell, stop };

  function shell(command: string): string {
    const ctl = ["--config", config, "shell", command];
    const [program, ...args] = withProgramsOf(prosodyRoot, ["prosodyctl", ...ctl]);
    return spawnSync(program, args, { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } }).stdout;
  }

  async function stop(): Promise<void> {
    child.kill("SIGKILL"); // it takes its time otherwise, and nothing of it is kept
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }

  function log(): string {
    try {
      return readFileSync(logFile, "utf8");
    } catch {
      return "";
    }
  }
}

/** The sample with other settings, more of them, and its host under each of the names. */
function configure(
  text: string,
  { settings, more, hosts }: { settings: Record<string, string>; more: string; hosts: string[] },
): string {
  let server = text;
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^${name} = .*$`, "m");
    if (!line.test(server)) throw new Error(`${sample} has no line for ${name}`);
    server = server.replace(line, () => `${name} = ${value}`);
  }
  const start = server.search(/^VirtualHost ".*"$/m);
  if (start === -1) throw new Error(`${sample} has no line for a VirtualHost`);
  const host = server.slice(start);
  return [
    server.slice(0, start),
    more,
    ...hosts.map((name) => host.replace(/".*"/, () => lua(name))),
  ].join("\n");
}

function lua(value: string | string[]): string {
  return typeof value === "string" ? JSON.stringify(value) : `{ ${value.map(lua).join(", ")} }`;
}

/** Without prosodyctl: that needs root or its own user. */
function run(folder: string, config: string, env: Record<string, string>): ChildProcess {
  const prosody = ["prosody", "-F", "--config", config];
  const [command, ...args] = withProgramsOf(prosodyRoot, [
    "setpriv",
    "--pdeathsig",
    "KILL",
    ...prosody,
  ]);
  return spawn(command, args, {
    cwd: folder,
    // A group of its own: Ctrl-C is for us to hear.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin", HOME: folder, LANG: "C.UTF-8", ...env },
  });
}

/**
 * Whether it offers a login by now: it takes connections before it answers them.
 *
 * @throws Error where it has nothing to offer, as with an authentication that cannot be loaded.
 */
async function offersLogin(to: { port: number; ca: string; host: string }): Promise<boolean> {
  const socket = connect({ port: to.port, host: "127.0.0.1", ca: to.ca, servername: to.host });
  try {
    await once(socket, "secureConnect");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") return false;
    throw error;
  }
  socket.setTimeout(patience, () => socket.destroy(new Error("it does not answer")));
  try {
    socket.write(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${to.host}' version='1.0'>`,
    );
    let heard = "";
    for await (const chunk of socket) {
      heard += chunk;
      if (/<\/stream:features>|<stream:features *\/>|<\/stream:stream>/.test(heard)) break;
    }
    if (!heard.includes("<mechanism>")) throw new Error(`it offers no login: ${heard}`);
    return true;
  } finally {
    socket.destroy();
  }
}
