import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arches } from "../../packaging/stage.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { followEjabberd, followProsody, host } from "../support/machine/guide-steps.ts";
import { stepIn } from "../support/machine/init-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { stockRoots } from "../support/machine/newer-debian.ts";
import { until } from "../support/until.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const own = process.arch === "arm64" ? "arm64" : "amd64";
const other = own === "arm64" ? "amd64" : "arm64";

const guides = { ejabberd: openPage("docs/ejabberd.md"), prosody: openPage("docs/prosody.md") };
const moduleInstall = openPage("docs/debian.md").take("module-install");
const guide = (server: keyof typeof guides) => ({
  page: guides[server],
  ...{ examine: guides[server].take("examine"), found: guides[server].take("found") },
  ...{ mint: guides[server].take("mint"), minted: guides[server].take("minted") },
});

/** Where a running system keeps what is nobody's file, and what apt and dpkg write for themselves. */
const passing =
  /^\/(proc|sys|dev|run|tmp)\/|^\/var\/(cache|log|lib\/(apt|dpkg|systemd))\/|^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)?-?$/;

describeAsRoot("lintian")("the Debian package", () => {
  let folder: string;
  const fileOf = (arch: string) => join(folder, `mayfly_${version}_${arch}.deb`);
  const contentOf = (arch: string) =>
    execFileSync("dpkg-deb", ["--contents", fileOf(arch)], { encoding: "utf8" });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-package-"));
    const script = ["--import", "tsx", "packaging/main.ts", "--fast", "--to", folder];
    execFileSync(process.execPath, script, { cwd: checkout, stdio: ["ignore", "ignore", "pipe"] });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is nothing that lintian finds fault with", () => {
    const args = ["--fail-on", "error,warning", "--allow-root", fileOf(own)];
    const { status, stdout } = spawnSync("lintian", args, { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  test("has for each architecture programs of that alone, and the same files besides", () => {
    const machines = { amd64: 62, arm64: 183 }; // e_machine of ELF, System V ABI
    for (const arch of [own, other] as const) {
      const root = join(folder, arch);
      execFileSync("dpkg-deb", ["--extract", fileOf(arch), root]);
      const binaries = execFileSync("find", [root, "-name", "node", "-o", "-name", "*.node"], {
        encoding: "utf8",
      });
      const found = binaries
        .trim()
        .split("\n")
        .filter((path) => !path.includes("/doc/"));
      expect(found.length).toBe(2);
      for (const path of found) {
        expect(readFileSync(path).readUInt16LE(18), path).toBe(machines[arch]);
      }
      rmSync(root, { recursive: true });
    }
    const names = (arch: "amd64" | "arm64") =>
      contentOf(arch)
        .split("\n")
        .map((line) => line.split(" ./")[1]?.replaceAll(`linux-${arches[arch].cpu}`, "linux"));
    expect(names(own)).toEqual(names(other));
  });

  test("has the licence of each module, and manual pages that man can show", () => {
    const root = join(folder, "pages");
    execFileSync("dpkg-deb", ["--extract", fileOf(own), root]);
    const copyright = readFileSync(join(root, "usr/share/doc/mayfly/copyright"), "utf8");
    for (const name of ["hono", "jose", "lmdb", "@redis/client"]) {
      expect(copyright).toMatch(RegExp(`^${name} \\d`, "m"));
    }
    const shown = (name: string) =>
      execFileSync("zcat", [join(root, "usr/share/man", name)], { encoding: "utf8" });
    const commands = shown("man1/mayfly.1.gz");
    for (const name of ["mint", "keys add", "check", "selftest"]) {
      expect(commands).toContain(`.SS "mayfly ${name} `);
    }
    expect(commands).toContain(".B \\-\\-online");
    const options = shown("man5/mayfly.yml.5.gz");
    for (const name of ["keys.secret", "hosts.max_ttl", "http.listen"]) {
      expect(options).toContain(`.B ${name}\n`);
    }
    rmSync(root, { recursive: true });
  });

  describe.each(["12", "13"] as const)("on a stock Debian %s without Node", (debian) => {
    let machine: Machine;
    let before: string[];

    async function start(): Promise<void> {
      machine = await startMachine([host], {
        ...{ root: stockRoots[debian], package: fileOf(own) },
      });
      // The root has Node for other tests. Services may start, and systemd seems to run.
      machine.sh(`apt-get purge --yes nodejs
        rm /usr/sbin/policy-rc.d
        mkdir -p /run/systemd/system`);
      expect(machine.run("command -v node npm").status).not.toBe(0);
      before = list();
    }

    /** All files that stay. */
    function list(): string[] {
      const found = machine.sh("find / -xdev -path /proc -prune -o -print");
      return found.split("\n").filter((path) => !passing.test(path));
    }

    describe("the guide to ejabberd", () => {
      const { page, examine, found, mint, minted } = guide("ejabberd");
      beforeAll(async () => {
        await start();
        await followEjabberd(machine, page);
      });
      afterAll(() => machine?.stop());

      test("ends with all checks passed, a login, and no login once it is revoked", async () => {
        expect(machine.sh(examine)).toBe(found);
        const shown = machine.sh(mint);
        expect(alike(shown)).toBe(alike(minted));
        const [, password = ""] = /^password +(\S+)$/m.exec(shown) ?? [];
        expect(machine.logIn({ user: "alice", host, password })).toBe("success");
        expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
        machine.sh("echo 'store: lmdb:/var/lib/mayfly' >> /etc/mayfly/mayfly.yml");
        machine.sh("install -d -o ejabberd -g ejabberd -m 700 /var/lib/mayfly");
        machine.sh("su -s /bin/sh ejabberd -c 'mayfly revoke alice@example.com'");
        await until(() => machine.logIn({ user: "alice", host, password }) === "not-authorized");
        const program = "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml";
        expect(machine.sh(`mayfly selftest --user ejabberd -- '${program}'`)).toContain("ok: ");
      });

      test("has ejabberd's module where module_install takes it from", () => {
        const modules = "/var/lib/ejabberd/.ejabberd-modules";
        machine.sh(`rm -r ${modules}/mod_mayfly`);
        machine.sh(moduleInstall);
        machine.sh(`ls ${modules}/mod_mayfly/ebin/mod_mayfly.beam`);
      });
    });

    describe("the guide to Prosody", () => {
      const { page, examine, found, mint, minted } = guide("prosody");
      let printed: string;
      beforeAll(async () => {
        await start();
        printed = await followProsody(machine, page);
      });
      afterAll(() => machine?.stop());

      test("has no step for what the package brings", () => {
        expect(stepIn(printed, "Run mayfly serve")).toBe("systemctl enable --now mayfly");
        expect(printed).not.toMatch(/cp -r|plugin_paths|adduser/);
      });

      test("ends with all checks passed, and a login", () => {
        expect(machine.sh(examine)).toBe(found);
        const shown = machine.sh(mint);
        expect(alike(shown)).toBe(alike(minted));
        const [, password = ""] = /^password +(\S+)$/m.exec(shown) ?? [];
        expect(machine.logIn({ user: "alice", host, password })).toBe("success");
        expect(machine.logIn({ user: "bob", host, password })).toBe("not-authorized");
      });

      test("an upgrade restarts the service, and keeps the configuration", async () => {
        const pid = machine.read("/run/units/mayfly.pid");
        const config = machine.sh("sha256sum /etc/mayfly/*");
        machine.sh("echo '# of the admin' >> /etc/logrotate.d/mayfly");
        machine.put(fileOf(own), "/srv/mayfly.deb");
        machine.sh("apt-get install --yes --reinstall /srv/mayfly.deb; rm /srv/mayfly.deb");
        expect(machine.read("/run/units/mayfly.pid")).not.toBe(pid);
        expect(machine.sh("sha256sum /etc/mayfly/*")).toBe(config);
        expect(machine.read("/etc/logrotate.d/mayfly")).toContain("# of the admin");
        await until(() => machine.run("test -S /run/mayfly/extauth.sock").status === 0);
        const [, password = ""] = /^password +(\S+)$/m.exec(machine.sh(mint)) ?? [];
        expect(machine.logIn({ user: "alice", host, password })).toBe("success");
      });

      test("its removal stops the service, and keeps what a new installation needs", () => {
        machine.sh("apt-get remove --yes mayfly");
        expect(machine.run("pgrep -u mayfly").status).toBe(1);
        expect(machine.run("mayfly --version").status).not.toBe(0);
        machine.sh("ls /etc/logrotate.d/mayfly /etc/mayfly/mayfly.yml /var/log/mayfly");
      });

      test("its purge leaves nothing but what the admin made", () => {
        machine.sh("apt-get purge --yes mayfly");
        const [earlier, after] = [new Set(before), new Set(list())];
        const left = [...after].filter((path) => !earlier.has(path)).sort();
        expect(left.filter((path) => !/^\/(etc|var\/lib)\/prosody\//.test(path))).toEqual([
          "/etc/mayfly",
          expect.stringMatching(/^\/etc\/mayfly\/\d{4}-\d\d\.key$/),
          "/etc/mayfly/mayfly.yml",
        ]);
        expect(machine.run("ls /var/log/mayfly /var/lib/mayfly").status).not.toBe(0);
        expect(before.filter((path) => !after.has(path))).toEqual([]);
      });
    });
  });
});
