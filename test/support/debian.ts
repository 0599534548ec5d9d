import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildRoot, ejabberdRoot, prosodyRoot, rootRemedy } from "./newer-debian.ts";

/** A server, or what its tests need, that comes from a Debian package. */
export interface Server {
  package: string;
  /** A file that is there once the package is installed. */
  file: string;
}

export const servers = {
  chromium: { package: "chromium", file: "/usr/bin/chromium" },
  coturn: { package: "coturn", file: "/usr/bin/turnserver" },
  ejabberd: { package: "ejabberd", file: "/usr/sbin/ejabberdctl" },
  fish: { package: "fish", file: "/usr/bin/fish" },
  gcc: { package: "gcc", file: "/usr/share/doc/gcc/copyright" },
  ip: { package: "iproute2", file: "/usr/share/doc/iproute2/copyright" },
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
  libc: { package: "libc6-dev", file: "/usr/include/stdio.h" },
  logrotate: { package: "logrotate", file: "/usr/sbin/logrotate" },
  lpty: { package: "lua-lpty", file: "/usr/share/doc/lua-lpty/copyright" },
  lua: { package: "lua5.1", file: "/usr/bin/lua5.1" },
  luacheck: { package: "lua-check", file: "/usr/bin/luacheck" },
  oauth2: { package: "erlang-p1-oauth2", file: "/usr/share/doc/erlang-p1-oauth2/copyright" },
  prometheus: { package: "prometheus", file: "/usr/bin/prometheus" },
  prosody: { package: "prosody", file: "/usr/bin/prosody" },
  redis: { package: "redis-server", file: "/usr/bin/redis-server" },
  sipsak: { package: "sipsak", file: "/usr/bin/sipsak" },
  socat: { package: "socat", file: "/usr/bin/socat" },
  systemd: { package: "systemd", file: "/usr/bin/systemd-analyze" },
  zsh: { package: "zsh", file: "/usr/bin/zsh" },
} satisfies Record<string, Server>;

export type ServerName = keyof typeof servers;

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

/** The one line that installs a server by hand. */
export function remedy(name: ServerName): string {
  if (rootOf(name) !== "/") return rootRemedy(rootOf(name));
  return `sudo apt-get install --no-install-recommends ${servers[name].package}`;
}

/**
 * Installs a server where it is missing and that may be done: as root, with apt.
 *
 * @returns whether it is there now.
 */
export function ensureInstalled(name: ServerName, say: (line: string) => void): boolean {
  if (isInstalled(name)) return true;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) return false;
  if (rootOf(name) !== "/") return buildRoot(rootOf(name));
  say(`Installing Debian's ${servers[name].package} (about half a minute) ...`);
  const done = withoutStartingServices(
    () =>
      apt("update") && apt("install", "--yes", "--no-install-recommends", servers[name].package),
  );
  return done && isInstalled(name);

  function apt(...args: string[]): boolean {
    const { status, stderr } = spawnSync(
      "apt-get",
      ["-qq", "-o", "DPkg::Lock::Timeout=300", ...args],
      {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    if (status !== 0) say(`apt-get ${args[0]} failed: ${stderr.trim()}`);
    return status === 0;
  }
}

/** Debian starts a server once it is installed, unless this file says that it may not. */
function withoutStartingServices<T>(install: () => T): T {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy);
  }
}
