import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { mayfly, startExtauth } from "../support/cli/run-cli.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { openPage } from "../support/docs/markdown.ts";
import { freePorts } from "../support/machine/ports.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { type PrivateServer, runServer } from "../support/servers/private-server.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/scaling.md");
const relays = page.take("relays");
const relaysByNc = page.take("relays-by-nc");
const relay = fileURLToPath(new URL("../../ejabberd/relay.sh", import.meta.url));
const store = page.take("store");
const redis = page.take("redis");

const host = "example.org";
const keys = [{ id: "north", secret: "the secret of many machines" }];
const mint = async (user = "alice", ttl = 60) =>
  (await mintWith({ jid: `${user}@${host}`, ttl }, { keyring: new Keyring(keys) })).password;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describeWith(
  "ejabberd",
  "netcat",
  "socat",
)("the pool of relays", () => {
  /** Stops what they relay to, for longer than ejabberd has patience, and starts it again. */
  async function interrupt(
    change: (program: string) => string,
    settings = relays,
  ): Promise<string[]> {
    const program = makeProgram({ keys });
    stops.push(program.end);
    await program.start();
    const options = parse(settings.replace("/run/mayfly/extauth.sock", program.path));
    options.extauth_program = change(options.extauth_program);
    const server = await startEjabberd({ hosts: [host], mayfly: { keys }, options });
    stops.push(server.stop);
    const logIn = async () => c2sOutcome(server, { user: "alice", host, password: await mint() });
    const outcomes = [await logIn()];

    const before = relaysTo(program.path);
    await program.kill();
    if (/forever|relay\.sh/.test(options.extauth_program)) {
      await until(() => relaysTo(program.path).filter((it) => !before.includes(it)).length === 16);
    }
    const waiting = Array.from({ length: 4 }, logIn);
    await new Promise((done) => setTimeout(done, 2000)); // the time that a restart takes
    await program.start();
    outcomes.push(...(await Promise.all(waiting)));
    for (let round = 0; round < 4; round++) outcomes.push(await logIn());
    return outcomes;
  }

  test("waits while mayfly serve is restarted", async () => {
    expect(new Set(await interrupt((program) => program))).toEqual(new Set(["success"]));
  });

  test("waits with nc, too", async () => {
    const change = (program: string) => program.replace("/etc/mayfly/relay.sh", relay);
    expect(new Set(await interrupt(change, relaysByNc))).toEqual(new Set(["success"]));
  });

  // How many logins are lost depends on whether ejabberd gives the pool up before the restart's end.
  test("would be lost by nc alone", async () => {
    const change = (program: string) => program.replace("/etc/mayfly/relay.sh", "nc -U");
    const [before, ...after] = await interrupt(change, relaysByNc);
    expect(before).toBe("success");
    expect(after).toContain("not-authorized");
  });

  test("would be lost without the word: the test above can tell", async () => {
    const [before, ...after] = await interrupt((program) => program.replace(/,forever.*/, ""));
    expect(before).toBe("success");
    expect(after).toContain("not-authorized");
  });
});

/** The processes that relay to a socket. */
function relaysTo(path: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^(socat|.*relay\.sh)\0/.test(commandOf(pid)) && commandOf(pid).includes(path);
    } catch {
      return false; // no process, or gone by now
    }
  });
}

const commandOf = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, "utf8");

describeWith("redis")("two machines with one Redis", () => {
  const password = "the-password-of-the-store";

  async function startRedis(): Promise<PrivateServer & { url: string }> {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-redis-"));
    const [port = 0] = await freePorts(1);
    const config = join(folder, "redis.conf");
    const own = `bind 127.0.0.1\nport ${port}\ndir ${folder}\nuser default off\n`;
    writeFileSync(config, own + redis.replaceAll("CHANGE-ME", password));
    const server = await runServer(folder, ["redis-server", config], {
      ports: [port],
      ask: async () => {},
    });
    return { ...server, url: `127.0.0.1:${port}` };
  }

  /** A machine with this in its `mayfly.yml`: who is let in there, and what is done there. */
  async function machine(address: string) {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-machine-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const line = store.replace("CHANGE-ME", password).replace("redis.example.com:6379", address);
    const hosts = { [host]: { single_use: true, users: "seen", max_ttl: 120 } };
    writeFileSync(join(folder, "mayfly.yml"), `${stringify({ keys, hosts })}${line}`);
    const program = startExtauth([], { cwd: folder });
    stops.push(() => program.kill("SIGKILL"));
    return {
      logIn: async (user: string, presented: string) =>
        (await program.ask(`auth:${user}:${host}:${presented}`)) === "00020001",
      isSeen: async (user: string) => (await program.ask(`isuser:${user}:${host}`)) === "00020001",
      run: (...args: string[]) => mayfly(args, { cwd: folder }).stdout,
      log: program.stderr,
    };
  }

  test("know what the other has used, seen and revoked, and refuse all without it", async () => {
    const server = await startRedis();
    let isRunning = true;
    const stop = async () => {
      if (isRunning) await server.stop();
      isRunning = false;
    };
    stops.push(stop);
    const [east, west] = [await machine(server.url), await machine(server.url)];

    const once = await mint("alice");
    expect(await east.logIn("alice", once)).toBe(true);
    expect(await west.logIn("alice", once)).toBe(false);
    await until(() => west.log().includes("already-used"));
    expect(await west.isSeen("alice")).toBe(true);
    expect(await west.isSeen("bob")).toBe(false);

    const revoked = await mint("bob");
    expect(east.run("revoke", `bob@${host}`)).toContain(
      "revoked: all credentials minted for bob@example.org",
    );
    expect(await west.logIn("bob", revoked)).toBe(false);
    await until(() => west.log().includes('"reason":"revoked"'));

    await stop();
    expect(await east.logIn("carol", await mint("carol"))).toBe(false);
    await until(() => east.log().includes("store-unavailable"));
  });
});
