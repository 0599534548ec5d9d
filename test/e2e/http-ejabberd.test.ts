import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { type MintRequest, mint } from "../../src/mint/index.ts";
import { mayfly, type Served, startServe } from "../support/cli/run-cli.ts";
import { mqttOutcome } from "../support/clients/mqtt.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { everyBitFlipped } from "../support/data/bit-flips.ts";
import { versionOf } from "../support/machine/debian.ts";
import { freePorts } from "../support/machine/ports.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the end-to-end tests" },
  { id: "jwt", secret: "the secret of their JWTs", algorithm: "HS256" },
];
const keyring = new Keyring(keys);
const host = "example.org";
const backend_secret = "the-secret-of-the-servers";

/** The client that asks the provider about opaque tokens. */
const asking = {
  client_id: "xmpp",
  client_secret: "a secret of the client, 32 bytes",
  redirect_uris: [],
  grant_types: [],
  response_types: [],
};

async function token(user: string, request: MintRequest = {}): Promise<string> {
  const jid = `${user}@${host}`;
  const present = request.format === "jwt" ? {} : { present: "token" as const };
  return (await mint({ jid, ...present, ...request }, { keyring })).password;
}

describeWith("ejabberd", "oauth2")("ejabberd that asks /oauth/lookup", () => {
  let folder: string;
  let config: string;
  let address: string;
  let served: Served;
  let server: Ejabberd;
  let idp: OidcProvider;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-lookup-"));
    config = join(folder, "mayfly.yml");
    const [port] = await freePorts(1);
    address = `127.0.0.1:${port}`;
    idp = await startOidcProvider({ audience: host, clients: [asking] });
    const introspection = { client_id: asking.client_id, client_secret: asking.client_secret };
    const issuers = [{ issuer: idp.issuer, audience: host, introspection }];
    const settings = { keys, issuers, store: "lmdb:state", http: { backend_secret } };
    writeFileSync(config, stringify(settings));
    served = await serve();
    server = await startEjabberd({
      hosts: [host],
      mayfly: { keys },
      sample: "ejabberd-x-oauth2.yml",
      handlers: { "/mqtt": "mod_mqtt" },
      furnish: installModMayfly,
      options: {
        ext_api_url: `http://${address}`,
        ext_api_headers: `Authorization:Bearer ${backend_secret}`,
      },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await served?.stop();
    await idp?.stop();
    rmSync(folder, { recursive: true });
  });

  function serve(): Promise<Served> {
    const socket = `unix:${join(folder, "extauth.sock")}`;
    return startServe(["--config", config, "--listen", address, "--extauth", socket]);
  }

  const logIn = (user: string, password: string) =>
    rawOutcome(server, { user, host, password, mechanism: "X-OAUTH2" });

  const connect = (login: IClientOptions) =>
    mqttOutcome({ url: server.url.replace(/ws$/, "mqtt"), ca: server.ca }, login);

  const withToken = (user: string, text: string): IClientOptions => ({
    username: `${user}@${host}`,
    properties: { authenticationMethod: "X-OAUTH2", authenticationData: Buffer.from(text) },
  });

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `ejabberd ${server.version} with OAuth`;
    expect(server.version).toBe(process.env.MAYFLY_EJABBERD || versionOf("ejabberd"));
  });

  test.each(["mojoauth", "jwt"] as const)("a %s token logs in by X-OAUTH2", async (format) => {
    expect(await logIn("alice", await token("alice", { format }))).toBe(`alice@${host}`);
  });

  test.each(["mojoauth", "jwt"] as const)(
    "a %s token logs @xmpp/client in, until it expired",
    async (format) => {
      const present = format === "jwt" ? {} : { present: "token" as const };
      const request = { jid: `dora@${host}`, format, ttl: 5, ...present };
      const minted = { ...(await mint(request, { keyring })), mechanism: "X-OAUTH2" };
      expect(await outcome(server, minted)).toBe(`dora@${host}`);
      await until(() => Date.now() / 1000 > minted.expires + 1);
      expect(await outcome(server, minted)).toBe("not-authorized");
      // The lookup decided, and not the program.
      expect(server.decisions().filter(({ user }) => user === "dora")).toEqual([]);
    },
  );

  test.each(["jwt", "opaque"] as const)(
    "an identity provider's token logs in by X-OAUTH2: %s",
    async (format) => {
      const given = await idp.accessToken({ user: "alice", format, audience: host });
      expect(await logIn("alice", given)).toBe(`alice@${host}`);
      expect(await logIn("bob", given)).toBe("not-authorized");
      const other = await idp.accessToken({ user: "alice", format, audience: "example.com" });
      expect(await logIn("alice", other)).toBe("not-authorized");
    },
  );

  test.each(["mojoauth", "jwt"] as const)("a %s token connects over MQTT 5", async (format) => {
    const text = await token("alice", { format });
    expect(await connect(withToken("alice", text))).toBe("connected");
  });

  test("a minted password logs in by PLAIN and connects over MQTT beside it", async () => {
    const minted = await mint({ jid: `alice@${host}` }, { keyring });
    expect(await outcome(server, minted)).toBe(`alice@${host}`);
    const { password } = minted;
    expect(await connect({ username: `alice@${host}`, password })).toBe("connected");
    expect(await connect({ username: `bob@${host}`, password })).toBe(135);
  });

  test("a token that worked is refused once it expired", async () => {
    const text = await token("erin", { ttl: 5 });
    const expires = Number(text.split(":")[0]);
    expect(await logIn("erin", text)).toBe(`erin@${host}`);
    expect(await connect(withToken("erin", text))).toBe("connected");
    await until(() => Date.now() / 1000 > expires + 1);
    expect(await logIn("erin", text)).toBe("not-authorized");
    expect(await connect(withToken("erin", text))).toBe(135);
  });

  test("a token is no good with a bit changed, or for somebody else", async () => {
    const text = await token("alice");
    const changed = everyBitFlipped(text).filter((it) => /^[\w:@.+/=]+$/.test(it));
    for (const wrong of [changed[3], changed.at(-9)]) {
      expect(await logIn("alice", wrong as string)).toBe("not-authorized");
      expect(await connect(withToken("alice", wrong as string))).toBe(135);
    }
    expect(await logIn("bob", text)).toBe("not-authorized");
    expect(await connect(withToken("bob", text))).toBe(135);
  });

  test("a token that is revoked is refused from then on", async () => {
    const text = await token("carol");
    expect(await logIn("carol", text)).toBe(`carol@${host}`);
    mayfly(["revoke", "--config", config, "--credential", "-"], { input: text });
    expect(await logIn("carol", text)).toBe("not-authorized");
    expect(await connect(withToken("carol", text))).toBe(135);
  });

  test("with the service down every token is refused at once, and taken again with it", async () => {
    const text = await token("alice");
    expect(await served.stop()).toBe(0);
    const started = performance.now();
    expect(await logIn("alice", text)).toBe("not-authorized");
    expect(await connect(withToken("alice", text))).toBe(135);
    expect(performance.now() - started).toBeLessThan(20_000);
    served = await serve();
    expect(await logIn("alice", text)).toBe(`alice@${host}`);
    expect(await connect(withToken("alice", text))).toBe("connected");
  });

  test("with another secret than ours ejabberd is told nothing", async () => {
    const text = await token("alice");
    const wrong = { backend_secret: "another-secret-than-theirs" };
    const configured = (http: object) =>
      writeFileSync(config, stringify({ keys, store: "lmdb:state", http }));
    const anew = (times: number) =>
      until(() => served.stderr().split("configuration reloaded").length > times);
    configured(wrong);
    served.kill("SIGHUP");
    await anew(1);
    expect(await logIn("alice", text)).toBe("not-authorized");
    configured({ backend_secret });
    served.kill("SIGHUP");
    await anew(2);
    expect(await logIn("alice", text)).toBe(`alice@${host}`);
  });
});
