import { createPrivateKey } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Extauth, mayfly, startExtauth } from "../support/cli/run-cli.ts";
import { now } from "../support/clock.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";
import { openPage } from "../support/docs/markdown.ts";
import { rowsOf } from "../support/docs/table.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { openTerminal, type Terminal } from "../support/machine/terminal.ts";
import { startCoturn } from "../support/servers/coturn.ts";
import { startKamailio } from "../support/servers/kamailio.ts";
import { statusOf } from "../support/sip/messages.ts";
import { pickUp } from "../support/sip/phone.ts";
import { allocation } from "../support/sip/turn-client.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/keys.md");
const steps = {
  make: page.take("steps-make"),
  coturn: page.take("steps-coturn"),
  kamailio: page.take("steps-kamailio"),
  mint: page.take("steps-mint"),
  retire: page.take("steps-retire"),
  remove: page.take("steps-remove"),
};
const leaked = page.take("leaked");
const jwt = { make: page.take("jwt-make"), verify: page.take("jwt-verify") };
const provider = page.take("provider");

const [older, newer] = ["2026-11", "2026-12"];
const before = `keys:
  - id: 2026-11
    secret: file:2026-11.key
    algorithm: sha1
    state: mint
hosts: # only these are served
  example.com: { ttl: 1h, max_ttl: 24h }
`;
/** A machine's folder, with this in its `mayfly.yml`. */
function machineWith(text: string): Terminal {
  const terminal = openTerminal();
  writeFileSync(join(terminal.folder, "mayfly.yml"), text, { mode: 0o600 });
  return terminal;
}

describe("the steps", () => {
  let terminal: Terminal;
  let program: Extauth;
  let file: string;

  beforeEach(async () => {
    terminal = machineWith(before);
    file = join(terminal.folder, "mayfly.yml");
    writeFileSync(keyFile(older), "the secret of 2026-11\n", { mode: 0o600 });
    program = startExtauth(["--config", file]);
    onTestFinished(() => program.kill("SIGKILL"));
  });

  const keyFile = (id: string) => join(terminal.folder, `${id}.key`);

  /** What somebody has who minted with a key, or will. */
  async function mintedBy(id: string): Promise<string> {
    const secret = readFileSync(keyFile(id), "utf8").trimEnd();
    return (await mint({ jid: "alice@example.com" }, { keyring: new Keyring([{ id, secret }]) }))
      .password;
  }

  /** The key that `mayfly mint` mints with. */
  function minting(): string | undefined {
    const around = { cwd: terminal.folder };
    const minted = JSON.parse(mayfly(["mint", "alice@example.com", "--json"], around).stdout);
    const decided = mayfly(["verify", "alice@example.com", minted.password, "--json"], around);
    return JSON.parse(decided.stdout).key;
  }

  /** Waits until the program, which runs all the time, takes the credentials of these keys alone. */
  async function verifies(credentials: Record<string, string>, ids: string[]): Promise<void> {
    await until(async () => {
      const accepted: string[] = [];
      for (const [id, password] of Object.entries(credentials)) {
        const reply = await program.ask(`auth:alice:example.com:${password}`);
        if (reply === "00020001") accepted.push(id);
      }
      return accepted.join() === ids.join();
    });
  }

  /** Asks another program, all the time, until it is stopped. */
  function keepAsking(request: string, replies: Set<string>): () => Promise<void> {
    const other = startExtauth(["--config", file]);
    onTestFinished(() => other.kill("SIGKILL"));
    let isOver = false;
    const asking = (async () => {
      while (!isOver) replies.add(await other.ask(request));
    })();
    asking.catch(() => {}); // it is waited for where all is well
    onTestFinished(() => {
      isOver = true;
    });
    return () => {
      isOver = true;
      return asking;
    };
  }

  test("change a key, and at each of them everybody gets in who should", async () => {
    const table = rowsOf("docs/keys.md").filter(({ heading, cells }) => {
      return heading === "Changing keys" && cells.length === 3;
    });
    const [afterMaking, afterMinting, afterRemoving] = table.map(({ cells }) =>
      cells.slice(1).map((it) => [...it.matchAll(/`([^`]+)`/g)].map(([, id = ""]) => id)),
    );
    /** What the table says of a step, of who runs all the time. */
    const isAfter = async (said: string[][] | undefined, credentials: Record<string, string>) => {
      const [mints, ids = []] = said ?? [];
      expect([minting()]).toEqual(mints);
      await verifies(credentials, ids);
    };
    const credentials: Record<string, string> = { [older]: await mintedBy(older) };
    await verifies(credentials, [older]);
    const replies = new Set<string>();
    const stop = keepAsking(`auth:alice:example.com:${credentials[older]}`, replies);

    expect(await terminal.replay(steps.make)).toBe(steps.make);
    credentials[newer] = await mintedBy(newer);
    await isAfter(afterMaking, credentials);

    expect(steps.mint.replace("state: mint", "state: verify")).toBe(readFileSync(file, "utf8"));
    writeFileSync(file, steps.mint);
    await isAfter(afterMinting, credentials);

    expect(await terminal.replay(steps.retire)).toBe(steps.retire);
    await isAfter(afterMinting, credentials);
    await stop();
    expect([...replies]).toEqual(["00020001"]);

    expect(await terminal.replay(steps.remove)).toBe(steps.remove);
    expect(existsSync(keyFile(older))).toBe(false);
    await isAfter(afterRemoving, credentials);
  }, 60_000);

  test("for a key that has leaked refuse at once what it has signed", async () => {
    const stolen = { [older]: await mintedBy(older) };
    await verifies(stolen, [older]);
    expect(await terminal.replay(leaked)).toBe(leaked);
    const credentials = { ...stolen, [newer]: await mintedBy(newer) };
    await verifies(credentials, [newer]);
    expect(minting()).toBe(newer);
  }, 60_000);
});

/** The secrets in lines, each the text that its file has; and who holds a credential of each. */
const secrets = { [older]: "the-text-of-November", [newer]: "the-text-of-December" };
const secretsIn = (lines: string, pattern: RegExp) =>
  [...lines.matchAll(pattern)].map(([, named = ""]) => {
    const [id] = Object.keys(secrets).filter((it) => named.endsWith(`${it}.key`));
    return named.replace(`THE-TEXT-IN-${id}.key`, secrets[id ?? ""] ?? "");
  });
const credentialsFor = (service: "turn" | "sip") =>
  Promise.all(
    Object.entries(secrets).map(([id, secret]) => {
      const keyring = new Keyring([{ id, secret }]);
      return mint({ jid: "alice@example.org", service }, { keyring });
    }),
  );

describeWith("coturn")("coturn with both lines", () => {
  test("takes what either key has signed", async () => {
    const both = secretsIn(steps.coturn, /^static-auth-secret=(.*)$/gm);
    expect(both).toEqual(Object.values(secrets));
    const server = await startCoturn({ secrets: both });
    onTestFinished(() => server.stop());
    for (const credential of await credentialsFor("turn")) {
      expect(await allocation(server.udp, credential)).toBe("allocated");
    }
  });
});

describeWith("kamailio", "kamailioTls")("Kamailio with both lines", () => {
  test("takes what either key has signed", async () => {
    const line = /^modparam\("auth_ephemeral", "secret", "(.*)"\)$/gm;
    const both = secretsIn(steps.kamailio, line);
    expect(both).toEqual(Object.values(secrets));
    const server = await startKamailio({ secrets: both });
    onTestFinished(() => server.stop());
    for (const credential of await credentialsFor("sip")) {
      const phone = await pickUp(server.udp, { aor: "alice@example.org", credential });
      onTestFinished(() => phone.hangUp());
      const headers: [string, string][] = [["Contact", `<${phone.contact}>`]];
      expect(statusOf(await phone.ask("REGISTER", { headers }))).toBe("200 OK");
    }
  });
});

describe("a key pair", () => {
  test("mints in one place, and only verifies in another", async () => {
    const app = machineWith(before);
    writeFileSync(join(app.folder, "2026-11.key"), "the secret of 2026-11\n", { mode: 0o600 });
    expect(await app.replay(jwt.make)).toBe(jwt.make);
    const server = machineWith(jwt.verify);
    copyFileSync(join(app.folder, "web-2026.pub.pem"), join(server.folder, "web-2026.pub.pem"));
    const args = ["mint", "alice@example.com", "--key", "web-2026", "--json"];
    const { password } = JSON.parse(mayfly(args, { cwd: app.folder }).stdout);
    const decide = (jid: string) =>
      mayfly(["verify", jid, password], { cwd: server.folder }).stdout;
    expect(decide("alice@example.com")).toContain("accepted: key web-2026");
    expect(decide("bob@example.com")).toBe("refused: wrong-user\n");
    expect(mayfly(args, { cwd: server.folder }).stderr).toContain("no key");
    expect(Math.round(password.length / "1893456000:x4Zzy4m6jLWqdLynZsDPKozh9TA=".length)).toBe(10);
  });
});

describe("an identity provider's token", () => {
  test("logs in by the claim that is named, and is refused when it is for another", async () => {
    const pair = pemPair("RS256");
    const jwk = importSecret(pair.publicKey, "RS256").verification.export({ format: "jwk" });
    let asked = 0;
    const url = await listen((_, response) => {
      asked++;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
    });
    const jwks = provider.replace("jwks: https://id.example.com", `jwks: ${url}`);
    const own = 'keys: [{ id: own, secret: "a secret of thirty-two bytes at least" }]\n';
    const { folder } = machineWith(own + jwks);
    const token = (claims: object) =>
      signedToken(
        createPrivateKey(pair.privateKey),
        { alg: "RS256", typ: "JWT" },
        {
          ...{ iss: "https://id.example.com", aud: "example.com", sub: "2f9c" },
          ...{ preferred_username: "alice", iat: now(), exp: now() + 60, ...claims },
        },
      );
    const program = startExtauth(["--config", join(folder, "mayfly.yml")]);
    onTestFinished(() => program.kill("SIGKILL"));
    const ask = async (claims: object, who = "alice:example.com") =>
      program.ask(`auth:${who}:${await token(claims)}`);
    expect(await ask({})).toBe("00020001");
    expect(await ask({}, "bob:example.com")).toBe("00020000");
    expect(await ask({}, "alice:example.org")).toBe("00020000");
    expect(await ask({ aud: "example.org" })).toBe("00020000");
    expect(await ask({ iss: "https://id.example.org" })).toBe("00020000");
    expect(asked).toBe(1);
  });
});
