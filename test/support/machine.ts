import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** What a service of systemd finds programs with. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/** Who runs something. */
export interface Identity {
  user: string;
  group: string;
}

/**
 * This machine, with files of its own where a server is set up: what is changed there is gone with
 * it. Mayfly is installed in `/opt/mayfly`, and no server is configured but by its package.
 */
export interface Machine {
  /** Runs lines of a shell as root, to their end: what they print. */
  sh(lines: string): string;
  /** Starts a program as somebody, to be stopped with the machine. */
  start(command: string[], as: Identity, env?: Record<string, string>): ChildProcess;
  read(path: string): string;
  /** Changes a file, or writes one; it keeps its mode and its owner. */
  write(path: string, text: string): void;
  stop(): Promise<void>;
}

const furnish = `
cp -a /etc "$0/etc"
mount --bind "$0/etc" /etc
for it in /opt /run /usr/local/lib /var/lib/ejabberd /var/log/ejabberd /var/lib/prosody /var/log/prosody; do
  mkdir -p $it
  owner=$(stat -c %u:%g $it)
  mount -t tmpfs -o mode=755 tmpfs $it
  chown $owner $it
done
mkdir /opt/mayfly
mount --bind "$1" /opt/mayfly
`;

/** Sets such a machine up, as root. */
export async function startMachine(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-machine-"));
  const children: ChildProcess[] = [];
  const keep = `${furnish}\ntouch "$0/ready"\nexec sleep infinity`;
  const unshare = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount"];
  const keeper = launch([...unshare, "sh", "-ec", keep, folder, checkout]);
  const inside = ["nsenter", "--target", String(keeper.pid), "--mount", "--wd=/"];
  const pathOf = (path: string) => `/proc/${keeper.pid}/root${path}`;
  try {
    await until(() => {
      if (keeper.exitCode !== null) throw new Error(`the machine ended with ${keeper.exitCode}`);
      return existsSync(join(folder, "ready"));
    });
  } catch (error) {
    await stop();
    throw error;
  }

  return { sh, start, read, write, stop };

  function launch([command = "", ...args]: string[], env = {}): ChildProcess {
    const child = spawn(command, args, {
      cwd: "/",
      detached: true, // Ctrl-C is for us to hear
      stdio: "ignore",
      env: { ...environment, ...env },
    });
    children.push(child);
    return child;
  }

  function sh(lines: string): string {
    const [command = "", ...args] = [...inside, "sh", "-ec", lines];
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: "utf8",
      env: environment,
    });
    if (status !== 0) throw new Error(`${lines}\nended with ${status}: ${stderr}`);
    return stdout;
  }

  function start(command: string[], { user, group }: Identity, env = {}): ChildProcess {
    const as = ["--reuid", user, "--regid", group, "--init-groups", "--pdeathsig", "KILL"];
    return launch([...inside, "setpriv", ...as, ...command], env);
  }

  function read(path: string): string {
    return readFileSync(pathOf(path), "utf8");
  }

  function write(path: string, text: string): void {
    writeFileSync(pathOf(path), text);
  }

  async function stop(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, "exit");
      process.kill(-(child.pid as number), "SIGKILL"); // with what it started
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
