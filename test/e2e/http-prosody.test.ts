import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { xml } from "@xmpp/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { logIn, outcome } from "../support/clients/xmpp-client.ts";
import { flipBit } from "../support/data/bit-flips.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [{ id: "north", secret: "the secret of the end-to-end tests" }];
const keyring = new Keyring(keys);
const hosts = ["example.org", "other.example"];
const secret = "the secret of the servers";
/** Where mod_auth_http is: the community's own, if it is at hand. */
const modules =
  process.env.MAYFLY_PROSODY_MODULES ??
  fileURLToPath(new URL("../support/servers/prosody-modules", import.meta.url));

const minted = (user: string, ttl = 60, host = "example.org") =>
  mint({ jid: `${user}@${host}`, ttl }, { keyring });

describeWith("prosody")("Prosody with mod_auth_http", () => {
  let folder: string;
  let served: Served;
  let server: Prosody;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-auth-http-"));
    const config = join(folder, "mayfly.yml");
    const policies = { "example.org": {}, "other.example": { users: "none" } };
    writeFileSync(config, stringify({ keys, hosts: policies, http: { backend_secret: secret } }));
    const socket = `unix:${join(folder, "extauth.sock")}`;
    served = await startServe(["--config", config, "--extauth", socket]);
    server = await start(`prosody:${secret}`);
  });
  afterAll(async () => {
    await server?.stop();
    await served?.stop();
    rmSync(folder, { recursive: true });
  });

  function start(credentials: string): Promise<Prosody> {
    const options = `
authentication = "http"
http_auth_url = "${served.url}/auth"
http_auth_credentials = "${credentials}"
modules_enabled = { "saslauth", "tls", "disco", "roster", "ping", "websocket", "offline" }
`;
    return startProsody({ hosts, plugins: [modules], options });
  }

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `Prosody ${server.version} with mod_auth_http`;
    const wanted = process.env.MAYFLY_PROSODY;
    expect(server.version).toMatch(wanted ? RegExp(`^${wanted}\\.`) : versionOf("prosody"));
  });

  test.each(["wss", "xmpp", "xmpps"] as const)("lets a credential in by %s", async (way) => {
    expect(await outcome(server.by[way], await minted("alice"))).toBe("alice@example.org");
  });

  test("lets a credential in on its own host alone", async () => {
    const there = await minted("alice", 60, "other.example");
    expect(await outcome(server, there)).toBe("alice@other.example");
    expect(await outcome(server, { ...there, jid: "alice@example.org" })).toBe("not-authorized");
  });

  test("refuses what is changed, another's, or expired", async () => {
    const good = await minted("alice");
    const password = flipBit(good.password, 9);
    expect(await outcome(server, { ...good, password })).toBe("not-authorized");
    expect(await outcome(server, { ...good, username: "bob" })).toBe("not-authorized");

    const short = await minted("erin", 5);
    expect(await outcome(server, short)).toBe("erin@example.org");
    await until(() => Date.now() / 1000 > short.expires + 1);
    expect(await outcome(server, short)).toBe("not-authorized");
  });

  test.each([
    ["example.org", "stored"],
    ["other.example", "service-unavailable"],
  ])("a message to nobody online on %s is %s, as its users: says", async (host, fate) => {
    const xmpp = await logIn(server, await minted("alice", 60, host));
    const bounced = new Promise<string>((heard) => {
      xmpp.on("stanza", (stanza) => {
        const condition = stanza.getChild("error")?.getChildElements()[0]?.name;
        if (stanza.attrs.type === "error" && condition) heard(condition);
        if (stanza.attrs.id === "after") heard("stored");
      });
    });
    const body = xml("body", {}, "Hello");
    await xmpp.send(xml("message", { to: `zoe@${host}`, type: "chat" }, body));
    const ping = xml("ping", { xmlns: "urn:xmpp:ping" });
    await until(() => served.stderr().includes('"op":"user_exists"'));
    await xmpp.send(xml("iq", { to: host, type: "get", id: "after" }, ping));
    expect(await bounced).toBe(fate);
    await xmpp.stop();
  });

  test("with another secret Prosody lets nobody in", async () => {
    const stranger = await start("prosody:nonsense");
    try {
      expect(await outcome(stranger, await minted("alice"))).toBe("not-authorized");
    } finally {
      await stranger.stop();
    }
  });
});
