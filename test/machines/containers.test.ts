import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { stockRoots } from "../support/machine/newer-debian.ts";
import { until } from "../support/until.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const page = openPage("docs/containers.md");
const makeKey = page.take("key");
const kubernetes = page.take("kubernetes");
const values = page.take("helm");
const buildLines = page.take("build");
const host = "example.com";
const base = "docker.io/library/debian:bookworm-slim";

/** What Debian's podman needs here, in a container itself: no cgroups of its own, no higher limits. */
const settings = `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
`;

/** A service of a compose file, of the keys that the samples have. */
interface Service {
  image: string;
  build: { context: string; dockerfile: string };
  read_only?: boolean;
  restart: string;
  volumes: string[];
  depends_on?: string[];
  ports: string[];
}

describeAsRoot("podman", "runc")("containers", () => {
  let folder: string;
  let network: ChildProcess;
  let env: NodeJS.ProcessEnv;

  /** Runs podman with a storage of its own, in a network of its own. */
  function podman(...args: string[]): string {
    const words = ["--target", String(network.pid), "--net", "podman", ...args];
    return execFileSync("nsenter", words, {
      ...{ cwd: folder, env, encoding: "utf8", timeout: 240_000 },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-containers-"));
    network = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up; exec sleep infinity"]);
    writeFileSync(join(folder, "containers.conf"), settings);
    const storage = `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/storage"\nrunroot = "${folder}/run"\n`;
    writeFileSync(join(folder, "storage.conf"), storage);
    env = {
      ...process.env,
      CONTAINERS_CONF: join(folder, "containers.conf"),
      CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
      BUILDAH_ISOLATION: "chroot",
    };
    // No registry is reached: the base image is Debian 12 as debootstrap makes it, with both servers.
    const leftOut = ["./proc", "./usr/share/doc", "./var/cache/apt/archives", "./usr/bin/node"];
    const pack = `tar -C ${stockRoots["12"]} ${leftOut.map((it) => `--exclude=${it}`).join(" ")} -c .`;
    execFileSync("sh", ["-ec", `${pack} | podman import - ${base}`], { env, stdio: "pipe" });

    // The context as a checkout has it, with the package that npm run package writes.
    for (const path of ["Containerfile", "ejabberd", "prosody", "examples/compose"]) {
      cpSync(join(checkout, path), join(folder, "context", path), { recursive: true });
    }
    const own = process.arch === "arm64" ? "arm64" : "amd64";
    const script = [
      "packaging/main.ts",
      "--fast",
      "--arch",
      own,
      "--to",
      join(folder, "context/build"),
    ];
    execFileSync(process.execPath, ["--import", "tsx", ...script], {
      cwd: checkout,
      stdio: "pipe",
    });
    const [build = ""] = buildLines.split("\n").filter((line) => line.startsWith("podman build"));
    podman(...build.split(" ").slice(1, -1), join(folder, "context"));
    // As the page says it, for a path of ours.
    const beside = join(folder, "context/examples/compose/mayfly");
    execFileSync("sh", ["-ec", makeKey], { cwd: dirname(beside), stdio: "pipe" });
  });
  afterAll(() => {
    try {
      podman("rm", "--all", "--force", "--time", "0");
      podman("rmi", "--all", "--force");
    } finally {
      network?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("mayfly serve runs without root, shell and a file to write to, and ends with SIGTERM", async () => {
    const secret = "MAYFLY_SECRET=the secret of a container, of 32";
    podman(
      "run",
      "-d",
      "--name",
      "alone",
      "--network",
      "host",
      "--read-only",
      "-e",
      secret,
      "mayfly",
    );
    await until(() => podman("logs", "alone").length >= 0 && isHealthy("alone"));
    const inspect = (format: string) => podman("inspect", "--format", format, "alone").trim();
    expect(inspect("{{.Config.User}}")).toBe("10380:10380");
    const started = performance.now();
    podman("stop", "--time", "10", "alone");
    expect(performance.now() - started).toBeLessThan(8000);
    expect(inspect("{{.State.ExitCode}}")).toBe("0");
    podman("rm", "alone");
    const shown = podman("run", "--rm", "--network", "host", "--read-only", "mayfly", "--version");
    expect(shown).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  /** Runs the check of the image, as podman does where there is systemd. */
  function isHealthy(name: string): boolean {
    try {
      podman("healthcheck", "run", name);
      return true;
    } catch {
      return false;
    }
  }

  describe.each(["ejabberd", "prosody"])("examples/compose/%s", (server) => {
    const place = () => join(folder, "context/examples/compose", server);

    /** Builds and starts what the compose file says, but on a network without bridges. */
    function start(): void {
      const text = readFileSync(join(place(), "compose.yml"), "utf8");
      const { services } = parse(text) as { services: Record<string, Service> };
      for (const [name, service] of Object.entries(services)) {
        const { image, build, read_only, restart, volumes, depends_on, ports, ...rest } = service;
        expect(rest).toEqual({});
        expect([restart, depends_on ?? ["mayfly"], ports.length > 0]).toEqual([
          "always",
          ["mayfly"],
          true,
        ]);
        const context = join(place(), build.context);
        if (name !== "mayfly")
          podman("build", "-f", join(context, build.dockerfile), "-t", image, context);
        const mounts = volumes.map((it) => it.replace(/^\.\.\//, `${dirname(place())}/`));
        podman(
          ...["run", "-d", "--name", name, "--network", "host", "--restart", restart],
          ...(read_only ? ["--read-only"] : []),
          ...mounts.flatMap((it) => ["-v", it]),
          image,
        );
      }
    }

    beforeAll(start);
    afterAll(() => {
      podman("rm", "--force", "--time", "0", server, "mayfly");
      podman("volume", "rm", "socket");
    });

    async function logIn(user: string, whose = user): Promise<string> {
      const secret = readFileSync(join(dirname(place()), "mayfly/2026-11.key"), "utf8").trim();
      const keyring = new Keyring([{ id: "2026-11", secret }]);
      const { password } = await mintWith({ jid: `${whose}@${host}` }, { keyring });
      const script = fileURLToPath(new URL("../support/clients/login-script.ts", import.meta.url));
      const certificate = {
        ejabberd: "/etc/ejabberd/cert.pem",
        prosody: "/etc/prosody/certs/example.com.crt",
      };
      const ca = podman("exec", server, "cat", certificate[server as keyof typeof certificate]);
      const words = [
        { port: 5222, ca },
        { user, host, password },
      ].map((it) => JSON.stringify(it));
      const run = [process.execPath, "--import", "tsx", script, ...words];
      const child = spawn("nsenter", ["--target", String(network.pid), "--net", ...run], {
        ...{ cwd: checkout, stdio: ["ignore", "pipe", "ignore"] as const },
      });
      let said = "";
      for await (const chunk of child.stdout) said += chunk;
      return said;
    }

    test("lets in whom mayfly serve lets in, also while it is killed and comes back", async () => {
      await until(async () => (await logIn("alice")) === "success");
      expect(await logIn("bob", "alice")).toBe("not-authorized");
      podman("kill", "mayfly");
      const waiting = [logIn("alice"), logIn("carol"), logIn("bob", "alice")];
      await new Promise((done) => setTimeout(done, 1000)); // they are on their way
      podman("start", "mayfly");
      expect(await Promise.all(waiting)).toEqual(["success", "success", "not-authorized"]);
      expect(await logIn("alice")).toBe("success");
    });
  });

  test("the manifests are YAML, and name what the image has", () => {
    const [secret, deployment] = parseAllDocuments(kubernetes).map((it) => it.toJS());
    expect([secret.kind, deployment.kind]).toEqual(["Secret", "Deployment"]);
    const { spec } = deployment.spec.template;
    const [mayfly] = spec.containers;
    expect(mayfly.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    });
    expect(mayfly.livenessProbe.httpGet).toEqual({ path: "/healthz", port: 5380 });
    expect(spec.volumes.map(({ name }: { name: string }) => name)).toEqual(["socket", "config"]);
    expect(parse(values)).toHaveProperty("extraContainers");
    const config = Object.entries(secret.stringData as Record<string, string>);
    mkdirSync(join(folder, "manifest"));
    for (const [name, text] of config) writeFileSync(join(folder, "manifest", name), text);
    copyFileSync(join(folder, "manifest/mayfly.yml"), join(folder, "manifest/copy.yml"));
    const run = ["dist/cli/main.js", "check", "--config", join(folder, "manifest/mayfly.yml")];
    expect(execFileSync(process.execPath, run, { cwd: checkout, encoding: "utf8" })).toContain(
      "ok: ",
    );
  });
});
