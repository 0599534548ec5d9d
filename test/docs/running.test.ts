import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { main, startExtauth, startServe } from "../support/cli/run-cli.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { frame } from "../support/data/frames.ts";
import { openPage } from "../support/docs/markdown.ts";
import { rowsOf } from "../support/docs/table.ts";
import { isListening } from "../support/machine/ports.ts";
import { openTerminal, type Terminal } from "../support/machine/terminal.ts";
import { startPool } from "../support/servers/worker-pool.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const path = "docs/running.md";
const page = openPage(path);
const service = page.take("service");
const folders = page.take("folders");
const open = page.take("open");
const log = page.take("log");
const refused = page.take("refused");
const rotation = page.take("rotation");
const health = page.take("health");
const upgrade = page.take("upgrade");

const root = new URL("../../", import.meta.url);
const host = "example.com";
const keys = [{ id: "2026-11", secret: "the secret of who runs it" }];
const keyring = new Keyring(keys);
const passwordOf = async (user: string) =>
  (await mintWith({ jid: `${user}@${host}` }, { keyring })).password;

const stops: (() => unknown)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-running-"));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(folder, { recursive: true });
});

/** A terminal of a machine where Mayfly is installed with npm, and what it was told to do. */
function terminalWith(here: Record<string, string> = {}): {
  terminal: Terminal;
  told: () => string;
} {
  const record = (name: string) => `echo "${name} $*" >> "$HOME/told"`;
  mkdirSync(join(folder, "modules"));
  symlinkSync(fileURLToPath(root), join(folder, "modules/mayfly"));
  const npm = `if [ "$*" = "root -g" ]; then echo ${join(folder, "modules")}; else ${record("npm")}; fi`;
  const terminal = openTerminal({
    here: { "/etc/systemd/system": folder, "/etc/logrotate.d": folder, ...here },
    programs: { npm, systemctl: record("systemctl"), install: record("install") },
  });
  return { terminal, told: () => readFileSync(join(terminal.folder, "told"), "utf8") };
}

describe("the service", () => {
  test("is that of the repository, and what it starts answers and is reloaded", async () => {
    const { terminal, told } = terminalWith({ "/run/mayfly": folder, "/usr/bin/mayfly": main });
    await terminal.run(service);
    expect(told()).toBe("systemctl daemon-reload\nsystemctl enable --now mayfly\n");
    const unit = readFileSync(join(folder, "mayfly.service"), "utf8");
    expect(unit).toBe(readFileSync(new URL("systemd/mayfly.service", root), "utf8"));

    writeFileSync(join(terminal.folder, "mayfly.yml"), stringify({ keys }), { mode: 0o600 });
    const settingOf = (name: string) => RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";
    const [, ...args] = terminal.here(settingOf("ExecStart")).split(" ");
    const child = spawn(process.execPath, [main, ...args, "--listen", "127.0.0.1:0"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    stops.push(() => child.kill("SIGKILL"));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await until(() => isListening(join(folder, "extauth.sock")));
    const reload = [...unit.matchAll(/^ExecReload=(.*)$/gm)].map(([, line]) => line).join("\n");
    const reloading = reload.replace("$MAINPID", String(child.pid));
    await terminal.run(reloading);
    await until(() => said.includes("configuration reloaded"));
    writeFileSync(join(terminal.folder, "mayfly.yml"), stringify({ keys, key: 1 }));
    await expect(terminal.run(reloading)).rejects.toThrow("key is not an option");
    expect(settingOf("ExecStartPre")).toBe(reload.split("\n")[0]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("is restarted after an upgrade", async () => {
    const { terminal, told } = terminalWith();
    await terminal.run(upgrade);
    expect(told()).toBe("npm install -g mayfly@latest\nsystemctl restart mayfly\n");
  });

  test("says that it is alive", async () => {
    const config = join(folder, "mayfly.yml");
    writeFileSync(config, stringify({ keys }));
    const served = await startServe([], { cwd: folder });
    stops.push(served.stop);
    const terminal = openTerminal({ here: { "http://127.0.0.1:5380": served.url } });
    expect(await terminal.replay(health)).toBe(health);
  });
});

describe("the files", () => {
  test("of a state and a log are for ejabberd alone", async () => {
    const made = join(folder, "made");
    const terminal = openTerminal({
      here: {
        "/var/lib": join(made, "lib"),
        "/var/log": join(made, "log"),
        "-o ejabberd -g ejabberd ": "",
      },
    });
    await terminal.run(folders);
    expect(statSync(join(made, "lib/mayfly")).mode & 0o777).toBe(0o700);
    expect(statSync(join(made, "log/mayfly")).mode & 0o777).toBe(0o750);
  });

  test("that systemd makes have the modes of the table", () => {
    const unit = readFileSync(new URL("systemd/mayfly.service", root), "utf8");
    const made = { "/run": "Runtime", "/var/lib": "State", "/var/log": "Logs" };
    for (const [place, name] of Object.entries(made)) {
      const row = rowsOf(path).find(({ cells: [it] }) => it === `\`${place}/mayfly\``);
      expect(row?.cells[2]).toMatch(/^`\d{3}`$/);
      expect(unit).toContain(`\n${name}DirectoryMode=0${row?.cells[2]?.replaceAll("`", "")}\n`);
    }
  });

  test("with a secret that others can read are warned of", async () => {
    const terminal = openTerminal();
    const config = "keys: [{ id: 2026-11, secret: file:2026-11.key }]\n";
    writeFileSync(join(terminal.folder, "mayfly.yml"), config);
    writeFileSync(join(terminal.folder, "2026-11.key"), `${"a secret".repeat(4)}\n`, {
      mode: 0o600,
    });
    expect(await terminal.replay(open)).toBe(open);
  });
});

/** The lines of a log, with all that was rotated. */
const linesOf = (name: string) =>
  readdirSync(folder)
    .filter((it) => it.startsWith(name))
    .flatMap((it) => {
      const bytes = readFileSync(join(folder, it));
      const text = String(it.endsWith(".gz") ? gunzipSync(bytes) : bytes);
      return text.trimEnd().split("\n");
    })
    .map((it) => JSON.parse(it));

describe("the log", () => {
  const settings = () => parse(log.replace("/var/log/mayfly", folder));

  test("has a line for each decision, with the fields of the table", async () => {
    writeFileSync(join(folder, "mayfly.yml"), stringify({ keys, ...settings() }));
    const program = startExtauth([], { cwd: folder });
    stops.push(() => program.kill("SIGKILL"));
    const password = await passwordOf("alice");
    for (const user of ["alice", "bob"]) await program.ask(`auth:${user}:${host}:${password}`);
    await program.end();
    const terminal = openTerminal({ here: { "/var/log/mayfly": folder } });
    const varying = (text: string) => text.replaceAll(/"(time|pid|ms)":[\d.]+/g, '"$1":0');
    expect(varying(await terminal.replay(refused))).toBe(varying(refused));

    const documented = rowsOf(path)
      .filter(({ heading, cells }) => heading === "Logs" && cells.length === 2)
      .flatMap(({ cells: [names = ""] }) => [...names.matchAll(/`(\w+)`/g)].map(([, it]) => it));
    const decisions = linesOf("extauth.log").filter(({ op }) => op);
    const seen = new Set(decisions.flatMap((it) => Object.keys(it)));
    expect([...seen].sort()).toEqual(documented.sort());
  });
});

describeWith("logrotate", "ejabberd")("logrotate", () => {
  /** Rotates as Debian does, but now. */
  async function rotator(): Promise<() => Promise<unknown>> {
    const { terminal } = terminalWith({ "/var/log/mayfly": folder });
    await terminal.run(rotation);
    const config = join(folder, "mayfly");
    const sample = readFileSync(new URL("logrotate/mayfly", root), "utf8");
    expect(readFileSync(config, "utf8")).toBe(sample);
    writeFileSync(config, terminal.here(sample));
    return () => terminal.run(`logrotate --force --state ${folder}/state ${config}`);
  }

  /**
   * Asks for logins without a pause, as many at once as there are writers, while the log is rotated three
   * times: that each is in the log.
   */
  async function rotate(logIn: (user: string) => Promise<void>, writers: number): Promise<void> {
    const file = join(folder, "extauth.log");
    const rotateNow = await rotator();
    const asked: string[] = [];
    let isDone = false;
    const askOn = async () => {
      while (!isDone) {
        const user = `user${asked.length}`;
        asked.push(user);
        await logIn(user);
      }
    };
    const asking = Promise.all(Array.from({ length: writers }, askOn));
    asking.catch(() => {}); // it is waited for where all is well
    try {
      for (let round = 1; round <= 3; round++) {
        const before = asked.length;
        await until(() => asked.length > before + 20);
        await rotateNow();
        // Each of those who write has the new file.
        await until(() => existsSync(file) && writersOf(file).size === writers);
      }
    } finally {
      isDone = true;
    }
    await asking;
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining([
        "extauth.log",
        "extauth.log.1",
        "extauth.log.2.gz",
        "extauth.log.3.gz",
      ]),
    );
    const logged = () => linesOf("extauth.log").filter(({ op }) => op === "auth");
    await until(() => logged().length >= asked.length); // in a rush the last come a moment later
    expect(
      logged()
        .map(({ user }) => user)
        .sort(),
    ).toEqual(asked.sort());
    expect(readFileSync(`${file}.1`, "utf8")).toContain("accepted");
  }

  const writersOf = (file: string) =>
    new Set(
      readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).pid),
    );

  test("loses no line of mayfly serve", async () => {
    const program = makeProgram({ keys, log: { file: join(folder, "extauth.log") } });
    stops.push(program.end);
    await program.start();
    const socket = connect(program.path);
    stops.push(() => socket.destroy());
    await rotate(async (user) => {
      socket.write(frame(`auth:${user}:${host}:${await passwordOf(user)}`));
      const [reply] = (await once(socket, "data")) as [Buffer];
      expect(reply.toString("hex")).toBe("00020001");
    }, 1);
  });

  test("loses no line of the programs that ejabberd started", async () => {
    const text = stringify({ keys, log: { file: join(folder, "extauth.log") } });
    const pool = await startPool(host, text);
    stops.push(pool.stop);
    await rotate(async (user) => {
      const login = { user, host, password: await passwordOf(user) };
      expect(await pool.outcome(login)).toBe("success");
    }, 2);
  });
});
