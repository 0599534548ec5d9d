import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RawLogin } from "../clients/raw-login.ts";
import { until } from "../until.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { putMayfly } from "./installed.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const checkout = fileURLToPath(new URL("../../..", import.meta.url));

/** What an admin finds programs with, and a service of systemd. */
const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  npm_config_update_notifier: "false",
};

/** Where the machine has the certificate that the world trusts, to be told to Node. */
const trusted = "/etc/ssl/world.pem";

/**
 * A Debian machine of its own: all files of this one, where every change is gone with it; a network of
 * its own, with every port free; and processes that end with it. Its `systemctl` starts what the
 * units say, its `journalctl` has what they wrote, and its `apt-get` finds all installed already.
 */
export interface Machine {
  /** Runs lines of a shell as root, to their end: what they print. @throws Error when they fail. */
  sh(lines: string): string;
  /** The same, for what may fail: its status, and what it prints, errors too. */
  run(lines: string): { status: number | null; printed: string };
  /**
   * Runs lines of which one installs `mayfly` from npm: this checkout, as it would be published, or
   * Debian's package in its place.
   */
  install(lines: string): string;
  read(path: string): string;
  /** Changes a file, or writes one; it keeps its mode and its owner. */
  write(path: string, text: string): void;
  /** Copies a file of ours there. */
  put(from: string, path: string): void;
  /** Logs in over TCP and STARTTLS: `success`, or the condition of the refusal. */
  logIn(login: RawLogin): string;
  /** Waits until there is somebody at a port of TCP. */
  untilListening(port: number): Promise<void>;
  stop(): Promise<void>;
}

/** Its own, of those that RFC 5737 keeps for examples. */
const address = "203.0.113.5";

const furnish = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$0"
cd "$0"
mkdir changes work root
mount -t overlay -o lowerdir="$2",upperdir=changes,workdir=work machine root
cd root
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
for it in $3; do
  rm -f usr/bin/$it
  install "$1$it.sh" usr/bin/$it
done
ip link set lo up
ip link add eth0 type veth peer name other
ip addr add ${address}/24 dev eth0
ip link set eth0 up
ip link set other up
# Ready from within: whoever looked sooner would have this machine's files. The loop buries the dead.
exec chroot . sh -c "echo ready; while :; do sleep 1; done"
`;

/** What is otherwise on a machine. */
export interface MachineOptions {
  /** The root of another Debian: its files are seen, and its own `apt-get` runs. @defaultValue ours */
  root?: string;
  /** Debian's package of Mayfly, to be installed where a page installs it from npm. */
  package?: string;
}

/**
 * Sets such a machine up, as root.
 *
 * @param names - the host names that it has; it has a certificate of `certbot` for the first
 */
export async function startMachine(
  names: [string, ...string[]],
  options: MachineOptions = {},
): Promise<Machine> {
  const { root = "/" } = options;
  const folder = mkdtempSync(join(tmpdir(), "mayfly-machine-"));
  const stubs = `systemctl journalctl ${root === "/" ? "apt-get" : ""}`;
  const apart = ["--mount", "--net", "--pid", "--fork", "--kill-child=KILL"];
  const keeper = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...apart, "sh", "-ec", furnish, folder, here, root, stubs],
    { detached: true, stdio: ["ignore", "pipe", "inherit"] }, // Ctrl-C is for us to hear
  );
  const gone = once(keeper, "exit");
  let first: string;
  const pathOf = (path: string) => `/proc/${first}/root${path}`;
  try {
    await ready(keeper);
    first = readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "utf8").trim();
    if (statSync(pathOf("/")).dev === statSync("/").dev) throw new Error("it has our own files");
  } catch (error) {
    await stop();
    throw error;
  }
  const enter = ["--target", first, "--mount", "--pid", "--net", "--root"];

  write("/etc/hosts", `127.0.0.1 localhost\n${address} ${names.join(" ")}\n`);
  giveCertificate(names);
  // Its network has no DNS, which would answer "try again".
  write("/etc/nsswitch.conf", read("/etc/nsswitch.conf").replace(/^hosts:.*$/m, "hosts: files"));
  return { sh, run, install, read, write, put, logIn, untilListening, stop };

  function launch(lines: string) {
    const { status, stdout, stderr } = spawnSync(
      "nsenter",
      [...enter, "sh", "-ec", `cd\n${lines}`],
      {
        encoding: "utf8",
        env: { ...environment, NODE_EXTRA_CA_CERTS: trusted },
      },
    );
    return { status, stdout, stderr };
  }

  function sh(lines: string): string {
    const { status, stdout, stderr } = launch(lines);
    if (status !== 0) throw new Error(`${lines}\nended with ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  function run(lines: string): { status: number | null; printed: string } {
    const { status, stdout } = launch(`exec 2>&1\n${lines}`);
    return { status, printed: stdout };
  }

  function install(lines: string): string {
    const [before = "", after] = lines.split(/^npm install -g mayfly$/m);
    if (after === undefined) throw new Error(`it does not install mayfly: ${lines}`);
    sh(before);
    if (options.package === undefined) putMayfly(pathOf("/"), environment);
    else installPackage(options.package);
    return sh(after);
  }

  function installPackage(file: string): void {
    const path = `/srv/${basename(file)}`;
    put(file, path);
    sh(`apt-get install --yes ${path}\nrm ${path}`);
  }

  function put(from: string, path: string): void {
    copyFileSync(from, pathOf(path));
  }

  function read(path: string): string {
    return readFileSync(pathOf(path), "utf8");
  }

  function write(path: string, text: string): void {
    writeFileSync(pathOf(path), text);
  }

  function giveCertificate(names: string[]): void {
    const own = mkdtempSync(join(tmpdir(), "mayfly-certificate-"));
    const { file, pem }: Certificate = makeCertificate(own, names);
    const key = readFileSync(file, "utf8").replace(pem, "");
    rmSync(own, { recursive: true });
    const live = `/etc/letsencrypt/live/${names[0]}`;
    sh(`mkdir -p ${live}`);
    write(`${live}/fullchain.pem`, pem);
    write(`${live}/privkey.pem`, key);
    write(trusted, pem);
  }

  function logIn(login: RawLogin): string {
    const script = fileURLToPath(new URL("../clients/login-script.ts", import.meta.url));
    const to = { port: 5222, ca: read(trusted) };
    const words = [to, login].map((it) => JSON.stringify(it));
    const run = [process.execPath, "--import", "tsx", script, ...words];
    const args = ["--target", first, "--net", ...run];
    return execFileSync("nsenter", args, { cwd: checkout, encoding: "utf8" });
  }

  async function untilListening(port: number): Promise<void> {
    const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
    const listens = (line: string) => line.includes(local) && / 0A /.test(line);
    await until(() =>
      ["tcp", "tcp6"].some((name) =>
        readFileSync(`/proc/${first}/net/${name}`, "utf8").split("\n").some(listens),
      ),
    );
  }

  async function stop(): Promise<void> {
    keeper.kill("SIGKILL"); // with all that runs in it
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ready(keeper: ChildProcess): Promise<void> {
  if (!keeper.stdout) throw new Error("it has no output");
  for await (const line of createInterface(keeper.stdout)) if (line === "ready") return;
  throw new Error("the machine did not start");
}
