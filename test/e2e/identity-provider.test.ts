import { once } from "node:events";
import { type Client, client } from "@xmpp/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LoginOptions, mayfly, type TokenSource } from "../../src/client/index.ts";
import { credentials } from "../../src/http/index.ts";
import { listenHttp } from "../../src/http/server.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { discoveredJwks } from "../../src/keyring/jwks.ts";
import { makeProgram, type Program } from "../support/cli/socket-program.ts";
import { trust } from "../support/clients/xmpp-client.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const host = "example.org";
const keys = [{ id: "north", secret: "the secret of the providers' tests" }];
const clientSecret = "a secret of the client, 32 bytes";
const resourceServer = {
  client_id: "xmpp",
  client_secret: clientSecret,
  redirect_uris: [],
  grant_types: [],
  response_types: [],
};

/** A provider, and what stands in `mayfly.yml` of it: JWTs for the host, and opaque tokens of one client. */
async function startProvider(): Promise<{ idp: OidcProvider; issuer: object }> {
  const idp = await startOidcProvider({ audience: host, clients: [resourceServer] });
  const issuer = {
    issuer: idp.issuer,
    audience: host,
    require: { groups: "chat" },
    introspection: { client_id: "xmpp", client_secret: clientSecret },
  };
  return { idp, issuer };
}

/** Logs in with a token, by `@xmpp/client`: the bare JID, or the condition of the refusal. */
async function logInBy(
  server: { url: string; ca: string },
  options: TokenSource & LoginOptions,
): Promise<string> {
  trust(server.ca);
  const login = mayfly({ onRetry: () => {}, ...options });
  const xmpp: Client = client({
    service: server.url,
    domain: host,
    credentials: login.credentials,
  });
  login.install(xmpp);
  xmpp.on("error", () => {});
  try {
    return (await xmpp.start()).bare().toString();
  } catch (error) {
    const { cause, code } = error as { cause?: { condition?: string }; code?: string };
    return cause?.condition ?? code ?? String(error);
  } finally {
    await xmpp.stop();
  }
}

describeWith("prosody")("Prosody, with the tokens of a provider that is discovered", () => {
  let idp: OidcProvider;
  let program: Program;
  let server: Prosody;

  beforeAll(async () => {
    const provider = await startProvider();
    idp = provider.idp;
    program = makeProgram({ issuers: [provider.issuer] });
    await program.start();
    const options = `mayfly_issuer = ${JSON.stringify(idp.issuer)}`;
    server = await startProsody({ hosts: [host], socket: program.path, options });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
    await idp?.stop();
  });

  test.each(["jwt", "opaque"] as const)("logs in who has a token: %s", async (format) => {
    const token = () => idp.accessToken({ user: "alice", format, audience: host });
    expect(await logInBy(server, { token })).toBe(`alice@${host}`);
    expect(await logInBy(server, { token, jid: `alice@${host}` })).toBe(`alice@${host}`);
    const asBob = await logInBy(server, { token, jid: `bob@${host}` });
    expect(asBob).toBe("invalid-authzid");
  });

  test.each(["jwt", "opaque"] as const)("refuses what is not for it: %s", async (format) => {
    const elsewhere = () => idp.accessToken({ user: "alice", format, audience: "example.com" });
    expect(await logInBy(server, { token: elsewhere })).toBe("not-authorized");
    const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    const bound = () => idp.accessToken({ user: "alice", format, audience: host, jkt });
    expect(await logInBy(server, { token: bound })).toBe("not-authorized");
  });

  test("tells a client without a token where to get one, from which it starts", async () => {
    const told: (string | undefined)[] = [];
    const token = async (_: AbortSignal, discovery?: string) => {
      told.push(discovery);
      if (discovery === undefined) return undefined;
      const { issuer } = (await (await fetch(discovery)).json()) as { issuer: string };
      expect(issuer).toBe(idp.issuer);
      return idp.accessToken({ user: "alice" });
    };
    expect(await logInBy(server, { token })).toBe(`alice@${host}`);
    expect(told).toEqual([undefined, `${idp.issuer}/.well-known/openid-configuration`]);
  });

  test("goes on with what it knows while the provider hangs", async () => {
    const token = await idp.accessToken({ user: "alice" });
    expect(await logInBy(server, { token: () => token })).toBe(`alice@${host}`);
    const opaque = await idp.accessToken({ user: "alice", format: "opaque", audience: host });
    idp.intercept = () => true;
    const hanging = logInBy(server, { token: () => opaque });
    const asked = once(idp.server, "request");
    await asked; // the provider is being asked about the other token, and does not answer
    expect(await logInBy(server, { token: () => token })).toBe(`alice@${host}`);
    idp.intercept = undefined;
    expect(await hanging).toBe(`alice@${host}`); // by the client's next try
  });
});

describeWith("ejabberd")("ejabberd, with the tokens of a provider that is discovered", () => {
  let idp: OidcProvider;
  let server: Ejabberd;

  beforeAll(async () => {
    const provider = await startProvider();
    idp = provider.idp;
    server = await startEjabberd({ hosts: [host], mayfly: { keys, issuers: [provider.issuer] } });
  });
  afterAll(async () => {
    await server?.stop();
    await idp?.stop();
  });

  test.each(["jwt", "opaque"] as const)("takes one for a password: %s", async (format) => {
    const token = await idp.accessToken({ user: "alice", format, audience: host });
    trust(server.ca);
    const log = (username: string) => {
      const xmpp = client({ service: server.url, domain: host, username, password: token });
      xmpp.on("error", () => {});
      return xmpp
        .start()
        .then((jid) => jid.bare().toString())
        .catch((error) => error.condition)
        .finally(() => xmpp.stop());
    };
    expect(await log("alice")).toBe(`alice@${host}`);
    expect(await log("bob")).toBe("not-authorized");
  });

  test("logs in with what a token is exchanged for, because it takes no token itself", async () => {
    const keyring = new Keyring(keys, [
      {
        issuer: idp.issuer,
        keys: discoveredJwks(idp.issuer),
        algorithms: ["RS256"],
        audience: host,
      },
    ]);
    const app = await listenHttp(credentials({ keyring }).fetch, "127.0.0.1:0");
    try {
      const token = () => idp.accessToken({ user: "alice" });
      expect(await logInBy(server, { token })).toBe("ERR_MECHANISM");
      expect(await logInBy(server, { token, exchange: app.url })).toBe(`alice@${host}`);
      const other = () => idp.accessToken({ user: "alice", audience: "example.com" });
      expect(await logInBy(server, { token: other, exchange: app.url })).toBe("ERR_MINT");
    } finally {
      await app.close();
    }
  });
});
