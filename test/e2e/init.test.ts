import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { c2sOutcome } from "../support/c2s.ts";
import { makeCertificate } from "../support/certificate.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { describeWith } from "../support/needs.ts";
import { freePorts, untilListening } from "../support/ports.ts";
import { stepIn, stepsIn } from "../support/steps.ts";

const host = "example.org";
const mayfly = "/opt/mayfly/dist/cli/main.js";
const isRoot = process.getuid?.() === 0;

let machine: Machine;
let certificate: { pem: string; key: string };

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-certificate-"));
  const { file, pem } = makeCertificate(folder, [host]);
  certificate = { pem, key: readFileSync(file, "utf8") };
  rmSync(folder, { recursive: true });
  machine = await startMachine();
});
afterEach(() => machine?.stop());

/** Logs in by TCP and STARTTLS. */
const logIn = (port: number, password: string, user = "alice") =>
  c2sOutcome({ port, ca: certificate.pem }, { user, host, password });

/** What `mayfly init` prints. */
const init = (server: string) => machine.sh(`${mayfly} init --server ${server} --host ${host}`);

/** Runs the commands that it says to run, but for those that need systemd. */
function follow(printed: string, words: string): string {
  const lines = stepIn(printed, words).split("\n");
  return machine.sh(lines.filter((line) => !line.startsWith("systemctl ")).join("\n"));
}

/** The password that its last command prints. */
function tryIt(printed: string): string {
  const [, password = ""] = /^password +(\S+)$/m.exec(follow(printed, "try it")) ?? [];
  return password;
}

/** Logs in with what the last command prints, and is refused without the key. */
async function expectLogins(printed: string, port: number): Promise<void> {
  const password = tryIt(printed);
  expect(await logIn(port, password)).toBe("success");
  expect(await logIn(port, password, "bob")).toBe("not-authorized");
  // The program reads the files as the user whom they belong to, and nobody else does.
  machine.sh("chown root /etc/mayfly/*.key");
  expect(() => tryIt(printed)).toThrow("EACCES");
}

describeWith("ejabberd")("mayfly init for a stock ejabberd", () => {
  test.runIf(isRoot)("makes it take a credential, once it is restarted", async () => {
    const printed = init("ejabberd");
    expect(machine.sh("stat -c '%U:%G %a %n' /etc/mayfly /etc/mayfly/*").split("\n")).toEqual([
      "ejabberd:ejabberd 750 /etc/mayfly",
      expect.stringMatching(/^ejabberd:ejabberd 600 \/etc\/mayfly\/\d{4}-\d\d\.key$/),
      "ejabberd:ejabberd 600 /etc/mayfly/mayfly.yml",
      "",
    ]);

    const path = "/etc/ejabberd/ejabberd.yml";
    const settings = parse(machine.read(path));
    Object.assign(settings, parse(stepIn(printed, "into ejabberd.yml")));
    const limits = parse(stepIn(printed, "module: ejabberd_c2s"));
    const clients = settings.listen.filter((it: Listener) => it.module === "ejabberd_c2s");
    for (const it of clients) Object.assign(it, it.tls ? { ...limits, ...it } : limits);
    const ports = await moveTo127001(settings.listen);
    machine.write(path, stringify(settings));
    machine.write("/etc/ejabberd/ejabberd.pem", certificate.key);
    machine.start(
      ["erl", "-noinput", "-mnesia", "dir", '"/var/lib/ejabberd/db"', "-s", "ejabberd"],
      { user: "ejabberd", group: "ejabberd" },
      {
        HOME: "/var/lib/ejabberd",
        ERL_LIBS: `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/`,
        EJABBERD_CONFIG_PATH: path,
        EJABBERD_LOG_PATH: "/var/log/ejabberd/ejabberd.log",
        ERL_CRASH_DUMP_BYTES: "0",
      },
    );
    const port = clients.find((it: Listener) => !it.tls).port;
    await Promise.all(ports.map((it) => untilListening(it, AbortSignal.timeout(60_000))));
    await expectLogins(printed, port);
  });
});

describeWith("prosody")("mayfly init for a stock Prosody", () => {
  test.runIf(isRoot)("makes it take a credential, once it is restarted", async () => {
    const printed = init("prosody");
    follow(printed, "As root");
    follow(printed, "Run it beside Prosody");
    follow(printed, "the module");
    runUnit();

    const conf = "/etc/prosody/conf.d";
    const [what = "", lines = ""] = stepsIn(printed).find(([it]) => it.includes(conf)) ?? [];
    const file = /\/etc\/\S+\.cfg\.lua/.exec(what)?.[0] ?? "";
    machine.write(file, `${lines}\n`);
    const [port = 0, ...others] = await freePorts(3);
    const ours = [
      'interfaces = { "127.0.0.1" }',
      `c2s_ports = { ${port} }`,
      `c2s_direct_tls_ports = { ${others[0]} }`,
      `s2s_ports = { ${others[1]} }`,
    ];
    machine.write(`${conf}/ports.cfg.lua`, ours.join("\n"));
    const path = `/etc/prosody/certs/${host}`;
    machine.write(`${path}.crt`, certificate.pem);
    machine.write(`${path}.key`, certificate.key);
    machine.sh(`chown prosody /etc/prosody/certs/*; install -d -o prosody /run/prosody`);
    machine.start(["prosody", "-F"], { user: "prosody", group: "prosody" });
    await untilListening(port, AbortSignal.timeout(60_000));
    await expectLogins(printed, port);
  });

  /** Starts what stands in the unit, as systemd would. */
  function runUnit(): ChildProcess {
    const unit = machine.read("/etc/systemd/system/mayfly.service");
    const said = (name: string) => RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";
    const [user, group] = [said("User"), said("Group")];
    const folder = `/run/${said("RuntimeDirectory")}`;
    machine.sh(`install -d -m ${said("RuntimeDirectoryMode")} -o ${user} -g ${group} ${folder}`);
    const command = said("ExecStart").split(" ");
    return machine.start([...command, "--listen", "127.0.0.1:0"], { user, group });
  }
});

interface Listener {
  module: string;
  port: number;
  ip: string;
  tls?: boolean;
  transport?: string;
}

/** Moves listeners to free ports of this machine alone: those of TCP. */
async function moveTo127001(listeners: Listener[]): Promise<number[]> {
  const ports = await freePorts(listeners.length);
  for (const [index, it] of listeners.entries()) {
    Object.assign(it, { ip: "127.0.0.1", port: ports[index] });
  }
  return listeners.filter(({ transport }) => transport !== "udp").map(({ port }) => port);
}
