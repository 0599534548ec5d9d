import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { type Coturn, startCoturn } from "../support/servers/coturn.ts";
import { allocation } from "../support/sip/turn-client.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("coturn/README.md");
const connection = page.take("connection");
const database = page.take("database");
const twoKeys = page.take("two-keys");
const secrets = { "2026-10": "the secret of October", "2026-11": "the secret of November" };

interface Configuration {
  iceServers: { urls: string; username: string; credential: string }[];
}

describeWith("coturn")("coturn's page", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-coturn-readme-"));
  let server: Coturn;

  beforeAll(async () => {
    server = await startCoturn({ secrets: [] });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  /** How coturn answers what is minted with a secret, as the page has a browser present it. */
  function outcome(secret: string): Promise<string> {
    const env = { MAYFLY_SECRET: secret };
    const { stdout } = mayfly(["mint", "alice@example.org", "--service", "turn"], { env });
    const given: Configuration[] = [];
    const RTCPeerConnection = function takeIt(configuration: Configuration) {
      given.push(configuration);
    };
    runInNewContext(connection, { RTCPeerConnection, ...mintedBy(stdout) });
    const { username = "", credential = "" } = given[0]?.iceServers[0] ?? {};
    return allocation(server.udp, { username, password: credential });
  }

  test("changes the secrets in the database, without a restart", async () => {
    for (const [id, secret] of Object.entries(secrets)) {
      writeFileSync(join(folder, `${id}.key`), `${secret}\n`);
    }
    const lines = database
      .replaceAll("/etc/mayfly", folder)
      .replaceAll("/var/lib/turn/turndb", server.database);
    const [insert = "", remove = ""] = lines.split(/(?<=turndb)\n/);
    const run = (it: string) => execFileSync("sh", ["-ec", it]);
    run(insert.replaceAll("2026-11", "2026-10"));
    await until(async () => (await outcome(secrets["2026-10"])) === "allocated");
    expect(await outcome(secrets["2026-11"])).toMatch(/^401/);
    run(insert);
    run(remove);
    await until(async () => (await outcome(secrets["2026-11"])) === "allocated");
    expect(await outcome(secrets["2026-10"])).toMatch(/^401/);
  });

  test("gives TURN a key of its own", () => {
    const config = join(folder, "mayfly.yml");
    writeFileSync(config, `${twoKeys}`);
    for (const name of ["chat", "turn"])
      writeFileSync(join(folder, `${name}.key`), `the secret of the key for ${name} alone`);
    const keyOf = (service: string) => {
      const args = ["mint", "alice@example.org", "--service", service, "--config", config];
      return mintedBy(mayfly(args).stdout);
    };
    const alone = (name: string, service: string) => {
      const args = ["mint", "alice@example.org", "--service", service, "--key", name];
      return mayfly([...args, "--config", config]).status;
    };
    expect(keyOf("turn").password).not.toBe("");
    expect([alone("turn-2026-11", "turn"), alone("chat-2026-11", "turn")]).toEqual([0, 2]);
    expect([alone("turn-2026-11", "xmpp"), alone("chat-2026-11", "xmpp")]).toEqual([2, 0]);
  });
});
