import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { buildRoot, ejabberdRoot, prosodyRoot, rootRemedy } from "./newer-debian.ts";

/** A server, or what its tests need, that comes from a Debian package. */
export interface Server {
  package: string;
  /** A file that is there once the package is installed. */
  file: string;
}

export const servers = {
  aioxmpp: {
    package: "python3-aioxmpp",
    file: "/usr/lib/python3/dist-packages/aioxmpp/__init__.py",
  },
  apacheOpenid: {
    package: "libapache2-mod-auth-openidc",
    file: "/usr/lib/apache2/modules/mod_auth_openidc.so",
  },
  caddy: { package: "caddy", file: "/usr/bin/caddy" },
  // Chromium without windows to draw: it takes a quarter of the processor time.
  chromium: { package: "chromium-headless-shell", file: "/usr/bin/chromium-headless-shell" },
  coturn: { package: "coturn", file: "/usr/bin/turnserver" },
  django: {
    package: "python3-django",
    file: "/usr/lib/python3/dist-packages/django/__init__.py",
  },
  ejabberd: { package: "ejabberd", file: "/usr/sbin/ejabberdctl" },
  elixir: { package: "elixir", file: "/usr/bin/elixir" },
  fish: { package: "fish", file: "/usr/bin/fish" },
  gcc: { package: "gcc", file: "/usr/share/doc/gcc/copyright" },
  gccgo: { package: "gccgo", file: "/usr/bin/gccgo" },
  gloox: { package: "libgloox-dev", file: "/usr/include/gloox/client.h" },
  gpp: { package: "g++", file: "/usr/bin/g++" },
  haproxy: { package: "haproxy", file: "/usr/sbin/haproxy" },
  ip: { package: "iproute2", file: "/usr/share/doc/iproute2/copyright" },
  javac: { package: "openjdk-17-jdk-headless", file: "/usr/bin/javac" },
  kamailio: {
    package: "kamailio-autheph-modules",
    file: "/usr/share/doc/kamailio-autheph-modules/copyright",
  },
  kamailioTls: {
    package: "kamailio-tls-modules",
    file: "/usr/share/doc/kamailio-tls-modules/copyright",
  },
  kamailioWebSocket: {
    package: "kamailio-websocket-modules",
    file: "/usr/share/doc/kamailio-websocket-modules/copyright",
  },
  laravel: {
    package: "php-laravel-framework",
    file: "/usr/share/php/Illuminate/Foundation/Application.php",
  },
  lintian: { package: "lintian", file: "/usr/bin/lintian" },
  libc: { package: "libc6-dev", file: "/usr/include/stdio.h" },
  logrotate: { package: "logrotate", file: "/usr/sbin/logrotate" },
  lpty: { package: "lua-lpty", file: "/usr/share/doc/lua-lpty/copyright" },
  lua: { package: "lua5.1", file: "/usr/bin/lua5.1" },
  luacheck: { package: "lua-check", file: "/usr/bin/luacheck" },
  mono: { package: "mono-mcs", file: "/usr/bin/mcs" },
  netcat: { package: "netcat-openbsd", file: "/usr/bin/nc.openbsd" },
  mosquitto: { package: "mosquitto-clients", file: "/usr/bin/mosquitto_pub" },
  nginx: { package: "nginx-light", file: "/usr/sbin/nginx" },
  oauth2: { package: "erlang-p1-oauth2", file: "/usr/share/doc/erlang-p1-oauth2/copyright" },
  php: { package: "php-cli", file: "/usr/bin/php" },
  podman: { package: "podman", file: "/usr/bin/podman" },
  prometheus: { package: "prometheus", file: "/usr/bin/prometheus" },
  prosody: { package: "prosody", file: "/usr/bin/prosody" },
  rails: { package: "ruby-railties", file: "/usr/share/doc/ruby-railties/copyright" },
  redis: { package: "redis-server", file: "/usr/bin/redis-server" },
  ruby: { package: "ruby", file: "/usr/bin/ruby" },
  runc: { package: "runc", file: "/usr/sbin/runc" },
  sipsak: { package: "sipsak", file: "/usr/bin/sipsak" },
  slixmpp: {
    package: "python3-slixmpp",
    file: "/usr/lib/python3/dist-packages/slixmpp/__init__.py",
  },
  socat: { package: "socat", file: "/usr/bin/socat" },
  strophe: { package: "libstrophe-dev", file: "/usr/include/strophe.h" },
  systemd: { package: "systemd", file: "/usr/bin/systemd-analyze" },
  zsh: { package: "zsh", file: "/usr/bin/zsh" },
} satisfies Record<string, Server>;

export type ServerName = keyof typeof servers;

/** Those that only the tests of the project `machines` need: they are big. */
const heavy: readonly ServerName[] = ["lintian", "podman", "runc"];

/** What the tests of a run need. */
export function serversFor(run: "machines" | "others"): ServerName[] {
  const names = Object.keys(servers) as ServerName[];
  return run === "machines" ? names : names.filter((name) => !heavy.includes(name));
}

/** The Debians to install in, where there may be a newer one; ejabberd starts socat, and loads oauth2. */
const roots: Partial<Record<ServerName, string>> = {
  ejabberd: ejabberdRoot,
  oauth2: ejabberdRoot,
  prosody: prosodyRoot,
  socat: ejabberdRoot,
};

function rootOf(name: ServerName): string {
  return roots[name] ?? "/";
}

/** Whether we may install, and set up a machine. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Whether a server is installed. */
export function isInstalled(name: ServerName): boolean {
  return existsSync(join(rootOf(name), servers[name].file));
}

/** The version of an installed server, such as `23.01`. */
export function versionOf(name: ServerName): string {
  const format = ["--show", "--showformat", "$" + "{source:Upstream-Version}"];
  const query = ["--root", rootOf(name), ...format, servers[name].package];
  return spawnSync("dpkg-query", query, { encoding: "utf8" }).stdout;
}

/** The line that installs servers by hand; one for each Debian that they come from. */
export function remedy(...names: ServerName[]): string {
  const lines = [...new Set(names.map(rootOf))].map((root) => {
    if (root !== "/") return rootRemedy(root);
    const packages = names.filter((name) => rootOf(name) === "/").map((it) => servers[it].package);
    return `sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
  });
  return lines.join("\n");
}

/**
 * Installs what is missing of these servers, all at once, where that may be done: as root, with apt.
 *
 * @returns those that are missing still
 */
export async function ensureInstalled(
  names: readonly ServerName[],
  say: (line: string) => void,
): Promise<ServerName[]> {
  const missing = () => names.filter((name) => !isInstalled(name));
  if (missing().length === 0 || !isRoot || !existsSync("/usr/bin/apt-get")) return missing();
  const inRoot = (root: string) => missing().filter((name) => rootOf(name) === root);
  for (const root of new Set(missing().map(rootOf))) if (root !== "/") buildRoot(root);
  const packages = inRoot("/").map((name) => servers[name].package);
  if (packages.length > 0) {
    say(`Installing from Debian (a minute or two): ${packages.join(", ")} ...`);
    await withoutStartingServices(async () => {
      await apt(["update"], say);
      const offered = packages.filter(isOffered);
      if (offered.length === 0) return;
      const install = ["install", "--yes", "--no-install-recommends", ...offered];
      if (await apt(install, say)) say("... installed.");
    });
  }
  return missing();
}

/** Whether this Debian has a package: apt-get would install none of the others, either. */
function isOffered(name: string): boolean {
  return spawnSync("apt-cache", ["madison", name], { encoding: "utf8" }).stdout !== "";
}

/** Runs apt-get, and says now and then how far it is. */
async function apt(words: string[], say: (line: string) => void): Promise<boolean> {
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Status-Fd=3"];
  const child = spawn("apt-get", [...options, ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [, , , status] = child.stdio;
  let last = "";
  // Such as "dlstatus:3:25.4:Retrieving file 3 of 40", and "pmstatus" while it unpacks and sets up.
  for await (const line of createInterface(status as Readable)) {
    const [, phase, percent] = /^(dl|pm)status:[^:]*:(\d+)/.exec(line) ?? [];
    const quarter = `${phase === "dl" ? "fetched" : "unpacked"} ${Math.floor(Number(percent) / 25) * 25} %`;
    if (words[0] !== "install" || percent === undefined || quarter === last) continue;
    last = quarter;
    say(`... ${quarter} ...`);
  }
  const [code] = await closed;
  if (code !== 0) say(`apt-get ${words[0]} failed: ${errors.trim()}`);
  return code === 0;
}

/** Debian starts a server once it is installed, unless this file says that it may not. */
async function withoutStartingServices(install: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await install();
  } finally {
    rmSync(policy);
  }
}
