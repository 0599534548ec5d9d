import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint as mintWith } from "../../src/mint/index.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { scram } from "../support/clients/sasl/scram.ts";
import { openTcpSasl } from "../support/clients/sasl/tcp-sasl.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const alice = `alice@${host}`;
const now = () => Math.floor(Date.now() / 1000);
const north: KeyInput = { id: "north", secret: "the secret of the north" };
const south: KeyInput = { id: "south", secret: "the secret of the south" };
const sha256: KeyInput = { ...south, algorithm: "sha256" };
const sha384: KeyInput = { ...south, algorithm: "sha384" };

function mint(request: Partial<MintRequest> = {}, at = now(), key = north) {
  return mintWith({ jid: alice, ttl: 60, ...request }, { keyring: new Keyring([key]), now: at });
}

const presentations: Record<string, Partial<MintRequest> & { mechanism?: string }> = {
  "PLAIN, inline": { present: "inline" },
  "PLAIN, MojoAuth username": { present: "authzid", mechanism: "PLAIN" },
  "SCRAM-SHA-1": { present: "authzid" },
  "X-OAUTH2": { present: "token", mechanism: "X-OAUTH2" },
  OAUTHBEARER: { present: "token", mechanism: "OAUTHBEARER" },
};

describeWith("prosody")("Prosody that verifies by itself", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-alone-"));
  const file = join(folder, "north.key");
  let server: Prosody;

  beforeAll(async () => {
    writeFileSync(file, `${north.secret}\n`);
    const options = `mayfly_secret_files = { ${JSON.stringify(file)} }\nmayfly_scram = true`;
    server = await startProsody({ hosts: [host, "other.example"], options });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  describe.each(Object.entries(presentations))("by %s", (_, { mechanism, ...how }) => {
    const present = async (request: Partial<MintRequest> = {}, at = now(), key = north) => ({
      ...(await mint({ ...how, ...request }, at, key)),
      ...(mechanism && { mechanism }),
    });

    test("binds the JID of a credential, by each way to connect", async () => {
      for (const way of Object.values(server.by)) {
        expect(await outcome(way, await present())).toBe(alice);
      }
      const bob = await present({ jid: "bob@other.example" });
      expect(await outcome(server, bob)).toBe("bob@other.example");
    });

    test("refuses what has expired, was tampered with, or lives too long", async () => {
      expect(await outcome(server, await present({}, now() - 61))).toBe("credentials-expired");
      const { password, ...rest } = await present();
      const at = password.length - 10;
      const changed = `${password.slice(0, at)}${password[at] === "A" ? "B" : "A"}${password.slice(at + 1)}`;
      const tampered = { ...rest, password: changed };
      expect(await outcome(server, tampered)).toBe("not-authorized");
      expect(await outcome(server, await present({}, now() + 86_400))).toBe("not-authorized");
      expect(await outcome(server, await present({}, now(), south))).toBe("not-authorized");
    });

    test("refuses another user, another host, and another's identity", async () => {
      const minted = await present();
      const username = minted.username.replace("alice", "bob");
      if (how.present !== "token") {
        const asBob = { ...minted, username, authzid: undefined };
        expect(await outcome(server, asBob as never)).toBe("not-authorized");
      }
      const elsewhere = { ...minted, jid: "alice@other.example", authzid: undefined };
      expect(await outcome(server, elsewhere as never)).toBe("not-authorized");
      for (const authzid of [`bob@${host}`, "alice@other.example"]) {
        expect(await outcome(server, { ...minted, authzid })).toBe("invalid-authzid");
      }
    });
  });

  test("binds a localpart that is not ASCII", async () => {
    const { password } = await mint({ jid: `jürgen@${host}` });
    expect(await rawOutcome(server, { user: "jürgen", host, password })).toBe(`jürgen@${host}`);
    const { password: token } = await mint({ jid: `jürgen@${host}`, present: "token" });
    const login = { user: "JÜRGEN", host, password: token, mechanism: "X-OAUTH2" } as const;
    expect(await rawOutcome(server, login)).toBe(`jürgen@${host}`);
  });

  test("takes no JWT", async () => {
    const key: KeyInput = {
      ...north,
      secret: "the secret of the JWTs, which is long",
      algorithm: "HS256",
    };
    expect(await outcome(server, await mint({}, now(), key))).toBe("not-authorized");
  });

  test("stands 65 KB where the password should be", async () => {
    const stream = await openTcpSasl(server, host);
    const answer = await stream.authenticate("PLAIN", `\0alice\0${"x".repeat(65_536)}`);
    stream.close();
    expect(answer).toMatch(/^(not-authorized|policy-violation)$/);
    const password = `${(await mint()).password}${"=".repeat(65_536)}`;
    expect(await rawOutcome(server, { user: "alice", host, password })).toBe("not-authorized");
    expect(await outcome(server, await mint())).toBe(alice);
  });

  test("says why it refused, and nothing of a secret", async () => {
    const late = await mint({}, now() - 61);
    expect(await outcome(server, late)).toBe("credentials-expired");
    const log = server.log();
    expect(log).toContain(`Refused a login as ${alice}: credentials-expired (expired)`);
    expect(log).toContain("Refused a login with a token: not-authorized (bad-signature)");
    expect(log).toContain("Refused a login by SCRAM: not-authorized (too-long-lived)");
    expect(log).not.toContain(north.secret);
    for (const { password } of [late, await mint(), await mint({ present: "token" })]) {
      expect(log).not.toContain(password.split(":").at(-1));
    }
  });

  test("follows a file that changes, and keeps the secret of before where it cannot be used", async () => {
    const [before, after] = [await mint(), await mint({}, now(), south)];
    try {
      writeFileSync(file, `${south.secret}\n`);
      expect(await outcome(server, before)).toBe("not-authorized");
      expect(await outcome(server, after)).toBe(alice);
      for (const [bad, why] of [
        ["", "is empty"],
        ["too short", "is shorter than 16 bytes"],
        ["-----BEGIN PUBLIC KEY-----", "is a PEM or JWK"],
      ]) {
        writeFileSync(file, bad as string);
        expect(await outcome(server, after)).toBe(alice);
        expect(await outcome(server, after)).toBe(alice);
        expect(server.log().split(`The secret ${file} ${why}`)).toHaveLength(2);
      }
      rmSync(file);
      expect(await outcome(server, after)).toBe(alice);
      expect(server.log()).toContain(`The secret ${file} cannot be read: No such file`);
      expect(server.log()).not.toContain("too short\n");
    } finally {
      writeFileSync(file, `${north.secret}\n`);
    }
    expect(await outcome(server, before)).toBe(alice);
  });

  test("follows prosodyctl reload, and keeps what was in force where it cannot be used", async () => {
    const config = readFileSync(server.config, "utf8");
    const [rotated, strong] = [join(folder, "south.key"), join(folder, "sha256.key")];
    for (const path of [rotated, strong]) writeFileSync(path, `${south.secret}\n`);
    const files = JSON.stringify(file);
    const list = `{ ${files}, ${JSON.stringify(rotated)}, [${JSON.stringify(strong)}] = "sha256" }`;
    const long = await mint({ ttl: 120 });
    const dying = await mint({ ttl: 1 });

    expect(await outcome(server, await mint({}, now(), south))).toBe("not-authorized");
    await reload(`mayfly_secret_files = ${list}\nmayfly_max_ttl = 90\nmayfly_leeway = 60`);
    for (const key of [north, south, sha256]) {
      expect(await outcome(server, await mint({}, now(), key))).toBe(alice);
      const named = await mint({ present: "authzid" }, now(), key);
      expect(await outcome(server, named)).toBe(alice);
    }
    expect(await outcome(server, await mint({}, now(), sha384))).toBe("not-authorized");
    expect(await outcome(server, long)).toBe("not-authorized");
    await until(() => now() > dying.expires);
    expect(await outcome(server, dying)).toBe(alice);

    for (const [wrong = "", why] of [
      ["mayfly_leeway = 61", "mayfly_leeway must be a number of seconds, at most 60"],
      ['mayfly_max_ttl = "24h"', "mayfly_max_ttl must be a number of seconds"],
      ["mayfly_secret_files = {}", "mayfly_secret_files must name at least one file"],
      ["mayfly_secret_files = { 1 }", "mayfly_secret_files must be a list of files"],
      [`mayfly_secret_files = { [${files}] = "md5" }`, "must have one of sha1, sha256"],
      ['mayfly_secret_files = { "none.key" }', join(dirname(server.config), "none.key")],
    ]) {
      await reload(wrong, why);
      expect(await outcome(server, await mint({}, now(), sha256))).toBe(alice);
    }
    await reload(`mayfly_secret_files = { [${JSON.stringify(rotated)}] = "sha384" }`);
    expect(await outcome(server, await mint({}, now(), sha384))).toBe(alice);
    expect(await outcome(server, await mint())).toBe("not-authorized");
    await reload(`mayfly_secret_files = ${files}\nmayfly_host_bound = false`);
    const username = `${now() + 60}:alice`;
    const mac = createHmac("sha1", String(north.secret)).update(username).digest("base64");
    const password = `${username.replace(/:.*/, "")}:${mac}`;
    expect(await outcome(server, { ...(await mint()), password })).toBe(alice);

    /** As `prosodyctl reload` does it; it has been heeded once the log says so. */
    async function reload(options: string, sign = "Configured anew"): Promise<void> {
      const count = server.log().split(sign).length;
      writeFileSync(
        server.config,
        config.replace(/^mayfly_secret_files = .*$/m, () => options),
      );
      const pid = readFileSync(join(dirname(server.config), "prosody.pid"), "utf8");
      process.kill(Number(pid), "SIGHUP");
      await until(() => server.log().split(sign).length > count);
    }
  });
});

describeWith("prosody")("Prosody that verifies by itself and ends sessions", () => {
  test("does so with their credentials, by PLAIN and by SCRAM", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-alone-"));
    writeFileSync(join(folder, "north.key"), String(north.secret));
    const options = `mayfly_secret_files = ${JSON.stringify(join(folder, "north.key"))}
mayfly_scram = true
mayfly_end_session_at_expiry = true`;
    const server = await startProsody({ hosts: [host], options });
    rmSync(folder, { recursive: true }); // what it holds has been read
    const minted = await Promise.all(
      (["inline", "authzid"] as const).map((present) => mint({ present, ttl: 2 })),
    );
    await Promise.all(
      minted.map(async ({ username, password, expires, authzid = "" }) => {
        const stream = await openTcpSasl(server, host);
        const names = { authcid: username, authzid, secret: password, host };
        const success = authzid
          ? (await scram(stream, "SCRAM-SHA-1", names)).outcome
          : await stream.authenticate("PLAIN", `\0${username}\0${password}`);
        expect(success).toBe("success");
        expect(await stream.bind()).toBe(alice);
        let heard = "";
        for await (const chunk of stream.socket) heard += chunk;
        expect(heard).toMatch(/<reset.*The credential of this session has expired/);
        expect(Date.now() / 1000 - expires).toBeGreaterThanOrEqual(0);
        expect(Date.now() / 1000 - expires).toBeLessThan(1.5);
      }),
    );
    await server.stop();
  });
});

describeWith("prosody")("Prosody that cannot verify by itself", () => {
  test("offers no login, and says why", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-alone-"));
    const file = join(folder, "empty.key");
    writeFileSync(file, "");
    const options = `mayfly_secret_files = { ${JSON.stringify(file)} }`;
    await expect(startProsody({ hosts: [host], options })).rejects.toThrow(
      `mayfly_secret_files: ${file} is empty`,
    );
    rmSync(folder, { recursive: true });
  });
});
