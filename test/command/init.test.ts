import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { main, mayfly as run } from "../support/cli/run-cli.ts";
import { stepIn, stepsIn } from "../support/machine/init-steps.ts";

const host = "example.com";
const isRoot = process.getuid?.() === 0;
/** A folder that is not there, as `/etc/mayfly` may be; and nothing can be. */
const unused = "/dev/null/mayfly";
const month = () => new Date().toISOString().slice(0, 7);
const sample = (path: string) => fs.readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "mayfly-init-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const options = (server: string, dir: string) => ["--server", server, "--host", host, "--dir", dir];
const init = (server: string, dir: string, ...more: string[]) =>
  run(["init", ...options(server, dir), ...more]);

/** Runs the command as somebody who is not root. */
function asOther(...args: string[]) {
  const other = isRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
  const [command = "", ...words] = [...other, process.execPath, main, ...args];
  return spawnSync(command, words, { encoding: "utf8", cwd: "/" });
}

/** Who is not root may be kept from this checkout. */
const isOpen = asOther("--version").status === 0;

/** It is refused: exit 2, one line, and the folder as it was. */
function refused(...args: string[]): string {
  const before = contents();
  const { status, stdout, stderr } = run(["init", ...args]);
  expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(contents()).toEqual(before);
  return stderr;
}

function contents(): Record<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const kinds = names.map((name) => [name, fs.lstatSync(path(name))] as const);
  return Object.fromEntries(
    kinds.map(([name, it]) => [name, it.isFile() ? fs.readFileSync(path(name), "utf8") : "-"]),
  );
}

describe("mayfly init", () => {
  test.each(["ejabberd", "prosody"])("for %s writes what mints and verifies", (server) => {
    const { status, stdout } = init(server, path("etc"));
    expect(status).toBe(0);
    const files = [path("etc/mayfly.yml"), path(`etc/${month()}.key`)];
    expect(stdout).toMatch(`wrote ${files.join(" and its key ")}`);
    expect(Object.keys(contents()).sort()).toEqual(
      ["etc", `etc/${month()}.key`, "etc/mayfly.yml"].sort(),
    );
    const [config = "", key = ""] = files;
    const secret = fs.readFileSync(key, "utf8");
    expect(secret).toMatch(/^[\w+/]{43}=\n$/);
    expect(stdout).not.toContain(secret.trim());
    const modes = [path("etc"), ...files].map((it) => (fs.statSync(it).mode & 0o7777).toString(8));
    expect(modes).toEqual(["750", "600", "600"]);

    const minted = run(["mint", `alice@${host}`, "--json", "--config", config]);
    const { password, ttl } = JSON.parse(minted.stdout);
    expect(ttl).toBe(3600);
    const verified = run(["verify", `alice@${host}`, password, "--config", config]);
    expect(verified.status).toBe(0);
    const elsewhere = run(["mint", "alice@other.example", "--config", config]);
    expect(elsewhere.stderr).toContain("other.example is not one of the hosts served");
    const added = run(["keys", "add", "next", "--config", config]);
    expect([added.status, parse(fs.readFileSync(config, "utf8")).keys]).toMatchObject([
      0,
      [{ id: "next" }, { id: month() }],
    ]);
  });

  test("makes another key each time", () => {
    const keys = ["a", "b"].map((name) => {
      init("ejabberd", path(name));
      return fs.readFileSync(path(`${name}/${month()}.key`), "utf8");
    });
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("writes to a folder that is there, and leaves that as it is", () => {
    fs.chmodSync(folder, 0o711);
    expect(init("ejabberd", folder).status).toBe(0);
    expect(fs.statSync(folder).mode & 0o777).toBe(0o711);
    expect(fs.statSync(folder).uid).toBe(process.getuid?.());
  });

  test.each(["ejabberd", "prosody"])("only says so with --dry-run, for %s", (server) => {
    const { status, stdout } = init(server, path("etc"), "--dry-run");
    expect([status, contents()]).toEqual([0, {}]);
    const wrote = init(server, path("etc")).stdout;
    expect(stdout).toBe(wrote.replace(/^wrote/, "would write"));
  });

  describe("overwrites nothing:", () => {
    test.each(["mayfly.yml", `${month()}.key`])(
      "where there is a %s it says so, and how to go on",
      (name) => {
        fs.writeFileSync(path(name), "mine");
        for (const more of [[], ["--dry-run"]]) {
          const line = refused(...options("prosody", folder), ...more);
          expect(line).toContain(`${path(name)}: already exists: mayfly keys add`);
        }
      },
    );

    test("where it cannot write all of it, it leaves nothing", () => {
      fs.symlinkSync("nowhere", path("mayfly.yml"));
      expect(refused(...options("ejabberd", folder))).toContain("mayfly.yml: already exists");
    });

    test.runIf(isOpen)("where it may not write, it says who may", () => {
      fs.chmodSync(folder, 0o755);
      if (!isRoot) fs.chmodSync(folder, 0o555);
      const { status, stdout, stderr } = asOther("init", ...options("ejabberd", path("etc")));
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toBe(
        `mayfly: ${path("etc")}: cannot be made (EACCES): ` +
          "run it as root, or name another folder with --dir\n",
      );
      expect(contents()).toEqual({});
    });
  });

  test.runIf(isOpen)("says what to run as root, where it could not", () => {
    fs.chmodSync(folder, 0o777);
    const { stdout } = asOther("init", ...options("ejabberd", path("etc")));
    const files = ["etc", "etc/mayfly.yml", `etc/${month()}.key`].map(path).join(" ");
    expect(stepIn(stdout, "As root")).toBe(`chown ejabberd:ejabberd ${files}`);
    expect(stdout).not.toContain("readable only by");
  });

  test("warns of what no service can see", () => {
    const { stderr } = init("ejabberd", path("etc"), "--dry-run");
    const warning = `systemd services cannot see /tmp/: move ${path("etc/mayfly.yml")}`;
    expect(stderr.includes(warning)).toBe(folder.startsWith("/tmp/"));
    expect(init("ejabberd", unused, "--dry-run").stderr).not.toContain(unused);
  });

  test.each([
    [["--host", host], "required option '--server <name>' not specified"],
    [["--server", "ejabberd"], "required option '--host <name>' not specified"],
    [["--server", "openfire", "--host", host], "Allowed choices are ejabberd, prosody;"],
    [["--server", "prosody", "--host", "Example.com"], "Write a host in lower case"],
    [["--server", "prosody", "--host", 'x" }'], "Write a host in lower case"],
    [["--server", "prosody", "--host", host, "more"], "too many arguments"],
    [[...options("prosody", "/tmp/my files")], "without spaces"],
    [[...options("prosody", '/tmp/"'), "--dry-run"], "without spaces"],
    [[...options("prosody", "/tmp/x"), "--config", "y"], "init takes no --config"],
  ])("is refused with %j", (args, why) => {
    expect(refused(...args)).toContain(why);
  });
});

test.each([
  ["ejabberd", "--ejabberd-config /etc/ejabberd/ejabberd.yml"],
  ["prosody", "--prosody-config /etc/prosody/prosody.cfg.lua"],
])("it ends with having %s examined", (server, file) => {
  const steps = stepsIn(init(server, unused, "--dry-run").stdout);
  const [what, lines] = steps.at(-1) ?? [];
  expect(what).toContain("check the set-up");
  const doctor = `doctor xmpp://${host} --jid alice@${host}`;
  expect(lines).toBe(`${main} ${doctor} --config ${unused}/mayfly.yml ${file}`);
});

test.each([
  ["ejabberd", "mod_mayfly"],
  ["prosody", "mod_auth_mayfly"],
])(
  "with --native it leaves the files to who mints, and has %s examined from outside",
  (server, module) => {
    const { stdout } = init(server, path("etc"), "--native");
    expect(stdout).toMatch(`and its key ${path(`etc/${month()}.key`)}\n`);
    const steps = stepsIn(stdout);
    const copied = new RegExp(`^scp -r \\S+/${server}/${module} \\S+\\.key root@example\\.com:$`);
    expect(steps[0]?.[1]).toMatch(copied);
    expect(steps.at(-1)?.[1]).toBe(
      `${main} doctor xmpp://${host} --jid alice@${host} --config ${path("etc/mayfly.yml")}`,
    );
  },
);

describe("what it says to write is what stands in the samples", () => {
  const dry = (server: string, ...more: string[]) =>
    init(server, unused, "--dry-run", ...more).stdout.replaceAll(unused, "/etc/mayfly");

  test("of ejabberd", () => {
    const { hosts, listen, ...wanted } = parse(
      sample("ejabberd/ejabberd.yml").replace("/usr/bin/mayfly", main),
    );
    const { hosts: ours, ...printed } = parse(stepIn(dry("ejabberd"), "into ejabberd.yml"));
    expect(ours).toEqual([host]);
    expect(wanted).toMatchObject(printed);
    const decisive = Object.keys(wanted).filter((name) => /auth|sasl|proxies/.test(name));
    expect(Object.keys(printed)).toEqual(decisive);
    expect(wanted.modules).toMatchObject(parse(stepIn(dry("ejabberd"), "under modules:")));
    const mqtt = parse(sample("ejabberd/ejabberd-x-oauth2.yml")).listen.find(
      ({ module }: { module: string }) => module === "mod_mqtt",
    );
    expect(mqtt).toMatchObject(parse(stepIn(dry("ejabberd"), "module: mod_mqtt")));
    const limits = parse(stepIn(dry("ejabberd"), "module: ejabberd_c2s"));
    expect(listen[0]).toEqual({ port: 5222, ip: "::", module: "ejabberd_c2s", ...limits });
  });

  test("of ejabberd that verifies by itself", () => {
    const { hosts, listen, modules, ...wanted } = parse(sample("ejabberd/ejabberd-native.yml"));
    const dry = init("ejabberd", unused, "--native", "--dry-run").stdout;
    const { hosts: ours, ...printed } = parse(stepIn(dry, "into ejabberd.yml"));
    expect(ours).toEqual([host]);
    expect(wanted).toMatchObject(printed);
    const decisive = Object.keys(wanted).filter((name) => /auth|sasl|proxies/.test(name));
    expect(Object.keys(printed)).toEqual(decisive);
    const { secret_files, ...options } = parse(stepIn(dry, "under modules")).mod_mayfly;
    expect(secret_files).toEqual([`/etc/mayfly/${month()}.key`]);
    expect(modules.mod_mayfly).toMatchObject(options);
    const limits = parse(stepIn(dry, "module: ejabberd_c2s"));
    expect(listen[0]).toEqual({ port: 5222, ip: "::", module: "ejabberd_c2s", ...limits });
  });

  test.each([
    ["", (line: string) => line],
    ["--native", () => `mayfly_secret_files = { "/etc/mayfly/${month()}.key" }`],
  ])("of Prosody %s", (option, verifier) => {
    const wanted = sample("prosody/prosody.cfg.lua")
      .replaceAll(/ *--.*$/gm, "")
      .replace(/^mayfly_socket.*$/m, verifier)
      .split("\n");
    const lines = stepIn(dry("prosody", ...[option].filter(Boolean)), "conf.d").split("\n");
    // Debian's own configuration has it loaded; the sample has not.
    const printed = lines.filter((line) => !line.startsWith("modules_disabled"));
    expect(printed).toHaveLength(lines.length - 1);
    expect(wanted).toEqual(expect.arrayContaining(printed));
    const decisive = wanted.filter((line) =>
      /^(auth|mayfly|insecure|plugin|c2s\w+(encryption|limit)|VirtualHost)/.test(line),
    );
    expect(printed.filter(Boolean)).toEqual(decisive);
  });

  test("of the unit, with this program in the place of its own", () => {
    const [copy = ""] = stepIn(
      init("prosody", unused, "--dry-run").stdout,
      "Run mayfly serve",
    ).split("\n");
    const { stdout } = spawnSync("sh", ["-c", copy.replace(/ > .*/, "")], { encoding: "utf8" });
    const unit = sample("systemd/mayfly.service").replaceAll("/usr/bin/mayfly", main);
    expect(stdout).toBe(unit.replaceAll("/etc/mayfly/", `${unused}/`));
  });
});
