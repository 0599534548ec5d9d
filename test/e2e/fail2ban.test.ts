import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readEjabberd } from "../../src/doctor/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { openRawStream } from "../support/clients/raw-stream.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys = [{ id: "north", secret: "the secret of the bans" }];
const host = "example.org";
const { password } = await mint({ jid: `alice@${host}`, ttl: 300 }, { keyring: new Keyring(keys) });
const most = 3;

/**
 * The sample with Debian's `mod_fail2ban`, less patient: over HTTP on all addresses, so that IPv4 is
 * mapped, and over TCP on loopback.
 */
async function start(options: object = {}) {
  const modules = { mod_fail2ban: { c2s_max_auth_failures: most } };
  const server = await startEjabberd({
    ...{ hosts: [host], mayfly: { keys }, options: { modules, ...options } },
    listeners: { ejabberd_http: { ip: "::" }, ejabberd_c2s: { use_proxy_protocol: true } },
  });
  onTestFinished(() => server.stop());
  return server;
}

/** What the doctor says of addresses in its configuration. */
function codesOf(server: Ejabberd): string[] {
  const path = join(server.folder, "ejabberd.yml");
  return readEjabberd(readFileSync(path, "utf8"), path, host)
    .findings.map(({ code }) => code as string)
    .filter((code) => ["fail2ban", "trusted-proxies"].includes(code));
}

/** A login through a proxy that names an address in its header: `success`, a refusal, or `banned`. */
async function logIn(server: Ejabberd, address: string, secret = password): Promise<string> {
  const stream = await openRawStream(server, host, undefined, { "x-forwarded-for": address });
  try {
    await stream.open();
  } catch {
    return "banned";
  }
  const answer = await stream.authenticate("PLAIN", `\0alice\0${secret}`);
  await stream.close();
  return answer === "stream:policy-violation" ? "banned" : answer;
}

async function failAs(server: Ejabberd, address: string): Promise<void> {
  for (let time = 0; time <= most; time++) {
    expect(["not-authorized", "banned"]).toContain(await logIn(server, address, "wrong"));
  }
}

describeWith("ejabberd")("ejabberd with mod_fail2ban, behind a proxy", () => {
  test("bans who was refused, and nobody else, as the sample has it", async () => {
    const server = await start();
    await failAs(server, "203.0.113.5");
    expect(await logIn(server, "203.0.113.5")).toBe("banned");
    expect(await logIn(server, "198.51.100.7")).toBe("success");
    // Whoever writes the header before the proxy adds to it cannot have others banned.
    await failAs(server, "198.51.100.7, 203.0.113.6");
    expect(await logIn(server, "198.51.100.7")).toBe("success");
    // Over TCP it is the PROXY protocol that tells.
    const overTcp = (address: string) => {
      const preface = `PROXY TCP4 ${address} 127.0.0.1 40000 5222\r\n`;
      return c2sOutcome(
        { port: server.port, ca: server.ca, preface },
        { user: "alice", host, password },
      );
    };
    await expect(overTcp("203.0.113.5")).rejects.toThrow();
    expect(await overTcp("198.51.100.7")).toBe("success");
    expect(codesOf(server)).toEqual([]);
  });

  test("bans everybody where it does not know the proxy, which the doctor says", async () => {
    const server = await start({ trusted_proxies: [] });
    await failAs(server, "203.0.113.5");
    expect(await logIn(server, "198.51.100.7")).toBe("banned");
    expect(codesOf(server)).toContain("fail2ban");
  });

  test("bans whom a stranger names where it takes anybody for a proxy, which the doctor says", async () => {
    const server = await start({ trusted_proxies: "all" });
    await failAs(server, "198.51.100.7, 203.0.113.5");
    expect(await logIn(server, "198.51.100.7")).toBe("banned");
    expect(codesOf(server)).toContain("trusted-proxies");
  });
});
