import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { MintedCredential } from "../../src/credential/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { now, withinOneSecond } from "../support/clock.ts";
import { tampered } from "../support/data/tampered.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Coturn, startCoturn } from "../support/servers/coturn.ts";
import { allocation, connectTurn, type TurnClient } from "../support/sip/turn-client.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of TURN, 2026-11" },
  { id: "south", secret: "c291dGg+Pz8/Lz8+south==" },
];
const secrets = keys.map(({ secret }) => String(secret));
const mintFor = (request: MintRequest, at = now()) =>
  mintWith({ service: "turn", ttl: 60, ...request }, { keyring: new Keyring(keys), now: at });
const mint = (id: string, at?: number) => mintFor({ jid: `${id}@example.org` }, at);

describeWith("coturn")("coturn", () => {
  let server: Coturn;
  const clients: TurnClient[] = [];

  beforeAll(async () => {
    server = await startCoturn({ secrets });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => server?.stop());

  async function connect(credential: MintedCredential): Promise<TurnClient> {
    const client = await connectTurn(server.udp, credential);
    clients.push(client);
    return client;
  }

  test("is of the version that is installed", ({ task }) => {
    task.meta.spokeTo = `coturn ${server.version}`;
    expect(versionOf("coturn")).toContain(server.version);
  });

  test.each(["udp", "tcp", "tls"] as const)("allocates over %s", async (transport) => {
    expect(await allocation(server[transport], await mint(transport))).toBe("allocated");
  });

  test("allocates with what mayfly mint prints", async () => {
    const env = { MAYFLY_SECRET: secrets[0] ?? "" };
    for (const service of ["turn", "all"]) {
      const args = ["mint", "cli@example.org", "--service", service, "--json"];
      const printed = JSON.parse(mayfly(args, { env }).stdout);
      expect(await allocation(server.udp, printed.turn ?? printed)).toBe("allocated");
    }
  });

  test.each([
    ["a bare JID", "alice@example.org"],
    ["a localpart with punctuation", "a.b-c_d+e=f@example.org"],
    ["an id of Matrix", "@alice:example.org"],
    ["nobody", undefined],
  ])("allocates for %s", async (_, jid) => {
    const credential = await mintFor(jid === undefined ? {} : { jid });
    expect(await allocation(server.udp, credential)).toBe("allocated");
  });

  test.each(["Alice Smith", "alice@corp.com", "José", "O'Brien & <Sons>"])(
    "allocates for an app's name: %s",
    async (name) => {
      const credential = await mintFor({ name, host: "example.org" });
      expect(await allocation(server.udp, credential)).toBe("allocated");
    },
  );

  test("takes no backslash, so that an escaped localpart has slashes", async () => {
    const jid = "alice\\40corp.com@example.org";
    expect(await mintFor({ jid })).toMatchObject({ jid: "alice/40corp.com@example.org" });
    expect(await allocation(server.udp, signed(jid, "sha1"))).toBe("400 Bad Request");
  });

  test("knows SHA-1 only, and nothing else is minted", async () => {
    const keyring = new Keyring([{ id: "new", secret: secrets[0] ?? "", algorithm: "sha256" }]);
    await expect(mintWith({ jid: "a@example.org", service: "turn" }, { keyring })).rejects.toThrow(
      "serves turn",
    );
    expect(await allocation(server.udp, signed("a@example.org", "sha1"))).toBe("allocated");
    expect(await allocation(server.udp, signed("a@example.org", "sha256"))).toBe(
      "401 Unauthorized",
    );
  });

  test("takes both keys while one follows the other, and no third", async () => {
    for (const { id } of keys) {
      const minted = await mintFor({ jid: "rotating@example.org", key: id });
      expect(await allocation(server.udp, minted)).toBe("allocated");
    }
    const keyring = new Keyring([{ id: "north", secret: "another secret, of 32 bytes at least" }]);
    const minted = await mintWith({ jid: "rotating@example.org", service: "turn" }, { keyring });
    expect(await allocation(server.udp, minted)).toBe("401 Unauthorized");
  });

  test("refuses what is tampered with", async () => {
    const changed = tampered(await mint("tampered"));
    for (const [part, credential] of Object.entries(changed)) {
      expect({ part, is: await allocation(server.udp, credential) }).toEqual({
        part,
        is: "401 Unauthorized",
      });
    }
  });

  test("takes a credential in the second in which it expires, and refuses it soon after", async () => {
    expect(
      await withinOneSecond(async (second) =>
        allocation(server.udp, await mint(`last-${second}`, second - 60)),
      ),
    ).toBe("allocated");
    // coturn looks at the clock once a second, so that its own may be behind on a busy machine.
    const late = await mint("late", now() - 61);
    const start = now();
    await until(async () => (await allocation(server.udp, late)) === "401 Unauthorized");
    expect(now() - start).toBeLessThan(10);
  });

  test("ends no call: a relay is kept with the credential it began with, and no other", async () => {
    const minted = await mint("caller", now() - 55);
    const client = await connect(minted);
    expect(await client.allocate()).toBe("allocated");
    expect(await client.refresh(600, await mint("caller"))).toBe("441 Wrong Credentials");
    await until(() => now() > minted.expires);
    expect(await client.refresh(600)).toBe("refreshed");
  });

  test("gives one id twelve relays, whatever its credentials", async () => {
    const outcomes: string[] = [];
    for (let number = 0; number < 13; number++) {
      const client = await connect(await mint("greedy", now() - number));
      outcomes.push(await client.allocate());
    }
    expect(outcomes).toEqual([...Array(12).fill("allocated"), "486 Allocation Quota Reached"]);
    expect(await allocation(server.udp, await mint("modest"))).toBe("allocated");
  });

  test.each(["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "172.31.0.1", "0.0.0.0"])(
    "relays nothing to %s, which only its own network may reach",
    async (peer) => {
      const client = await connect(await mint(`peer-${peer}`));
      await client.allocate();
      expect(await client.permit(peer)).toBe("403 Forbidden IP");
      expect(await client.permit("192.0.2.1")).toBe("permitted");
    },
  );

  test("logs no secret and no MAC", async () => {
    const minted = await mint("logged");
    await allocation(server.udp, minted);
    await allocation(server.udp, { ...minted, username: `${minted.username}x` });
    const logged = await until(() => {
      const text = server.logged();
      return text.includes(`${minted.username}x`) && text;
    });
    for (const secret of [...secrets, minted.password]) expect(logged).not.toContain(secret);
  });
});

/** A credential that the code under test would not mint. */
function signed(id: string, hash: string): { username: string; password: string } {
  const username = `${now() + 60}:${id}`;
  const password = createHmac(hash, secrets[0] ?? "")
    .update(username)
    .digest("base64");
  return { username, password };
}

describeWith("coturn")("coturn and its own client", () => {
  let server: Coturn;

  beforeAll(async () => {
    // The client's peers are relays on this machine.
    server = await startCoturn({
      secrets,
      more: ["allow-loopback-peers", "allowed-peer-ip=127.0.0.1"],
    });
  });
  afterAll(() => server?.stop());

  function run({ username, password }: { username: string; password: string }): number | null {
    const messages = ["-y", "-c", "-n", "1"];
    const where = ["-L", "127.0.0.1", "-p", `${server.udp.port}`];
    const args = [...messages, ...where, "-u", username, "-w", password, "127.0.0.1"];
    return spawnSync("turnutils_uclient", args, { timeout: 30_000 }).status;
  }

  test("relay for a credential, and not for a changed one", async () => {
    const minted = await mint("alice");
    expect(run(minted)).toBe(0);
    for (const changed of Object.values(tampered(minted))) expect(run(changed)).toBe(255);
  });
});

describeWith("coturn")("coturn with keys in its database", () => {
  const servers: Coturn[] = [];
  const yes = "allocated";
  const no = "401 Unauthorized";

  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  async function start(secretsInFile: string[]): Promise<Coturn> {
    const server = await startCoturn({ secrets: secretsInFile });
    servers.push(server);
    return server;
  }

  function sql({ database }: Coturn, statement: string): void {
    const options = { input: statement, encoding: "utf8" } as const;
    const { status, stderr } = spawnSync("sqlite3", ["-bail", database], options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }

  /** What becomes of a credential of each key, the newer first. */
  function outcomes({ udp }: Coturn): Promise<string[]> {
    const each = keys.map(async ({ id }) =>
      allocation(udp, await mintFor({ jid: "alice@example.org", key: id })),
    );
    return Promise.all(each);
  }

  test("lets one key follow another, without a restart", async () => {
    const server = await start([]);
    expect(await outcomes(server)).toEqual([no, no]);
    sql(server, `INSERT INTO turn_secret VALUES ('example.org', '${secrets[1]}');`);
    expect(await outcomes(server)).toEqual([no, yes]);
    sql(server, `INSERT INTO turn_secret VALUES ('example.org', '${secrets[0]}');`);
    expect(await outcomes(server)).toEqual([yes, yes]);
    sql(server, `DELETE FROM turn_secret WHERE value = '${secrets[1]}';`);
    expect(await outcomes(server)).toEqual([yes, no]);
  });

  test("takes them beside those in its file", async () => {
    const server = await start(secrets.slice(1));
    expect(await outcomes(server)).toEqual([no, yes]);
    sql(server, `INSERT INTO turn_secret VALUES ('example.org', '${secrets[0]}');`);
    expect(await outcomes(server)).toEqual([yes, yes]);
  });
});
