import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { addressesInLog } from "../../src/doctor/server-log.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { WebClient } from "../support/clients/web-client.ts";
import { webSocketOutcome } from "../support/clients/websocket-login.ts";
import { type Certificate, makeCertificate } from "../support/machine/certificate.ts";
import { freePorts } from "../support/machine/ports.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import {
  type PrivateServer,
  runServer,
  startOnFreePorts,
} from "../support/servers/private-server.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const samples = new URL("../../proxy/", import.meta.url);
const sample = (name: string) => readFileSync(new URL(name, samples), "utf8");
const host = "example.org";
const keys = [{ id: "a", secret: "the secret behind the proxies, of 32" }];
const keyring = new Keyring(keys);
const apiKey = "an API key behind the proxies";

/** How a sample is started as it is, but for ports and certificates. */
const kinds = {
  nginx: {
    file: "nginx.conf",
    adapt: (text: string, { web, pem }: Place) =>
      text
        .replace("listen 443 ssl", `listen 127.0.0.1:${web} ssl`)
        .replace(/\/etc\/\S+\.pem/g, pem),
    wrap: (text: string, folder: string) => `daemon off; pid ${folder}/pid; error_log stderr;
user root; events {}
http { access_log off;
${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`).join("\n")}
${text} }`,
    command: (config: string) => ["nginx", "-c", config],
  },
  Caddy: {
    file: "Caddyfile",
    adapt: (text: string, { web, pem }: Place) =>
      text.replace("chat.example.com {", `:${web} {\n\tbind 127.0.0.1\n\ttls ${pem} ${pem}`),
    wrap: (text: string) => `{\n\tadmin off\n\tauto_https off\n}\n${text}`,
    command: (config: string) => ["caddy", "run", "--config", config, "--adapter", "caddyfile"],
  },
  HAProxy: {
    file: "haproxy.cfg",
    adapt: (text: string, { web, tcp, pem }: Place) =>
      text
        .replace(
          "bind :443 ssl crt /etc/haproxy/chat.example.com.pem",
          `bind 127.0.0.1:${web} ssl crt ${pem}`,
        )
        .replace("bind :5222", `bind 127.0.0.1:${tcp}`),
    wrap: (text: string) => text,
    command: (config: string) => ["haproxy", "-db", "-f", config],
  },
};

interface Place {
  web: number;
  tcp: number;
  pem: string;
}

describeWith(
  "caddy",
  "ejabberd",
  "haproxy",
  "nginx",
  "prosody",
)("behind a proxy", () => {
  let folder: string;
  let certificate: Certificate;
  let served: Served;
  let ejabberd: Ejabberd;
  let prosody: Prosody;
  let program: ReturnType<typeof makeProgram>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-behind-"));
    certificate = makeCertificate(folder, [host]);
    const http = { api_keys: [apiKey] };
    writeFileSync(join(folder, "mayfly.yml"), stringify({ keys, http }));
    program = makeProgram({ keys });
    [served] = await Promise.all([startServe([], { cwd: folder }), program.start()]);
    writeFileSync(
      join(folder, "mod_log_address.lua"),
      `module:hook("authentication-success", function(event)
        module:log("info", "address %s", event.session.ip)
      end)`,
    );
    [ejabberd, prosody] = await Promise.all([
      startEjabberd({
        ...{ hosts: [host], mayfly: { keys } },
        listeners: { ejabberd_c2s: { use_proxy_protocol: true } },
      }),
      startProsody({
        ...{ hosts: [host], socket: program.path, plugins: [folder] },
        options: 'modules_enabled = { "saslauth", "tls", "websocket", "log_address" }',
      }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([ejabberd?.stop(), prosody?.stop(), served?.stop(), program?.end()]);
    rmSync(folder, { recursive: true });
  });

  const mint = async () => (await mintWith({ jid: `alice@${host}` }, { keyring })).password;

  /** Starts a sample between free ports and our servers. */
  function start(kind: keyof typeof kinds): Promise<PrivateServer & Place> {
    const { file, adapt, wrap, command } = kinds[kind];
    const addresses: [string, string][] = [
      ["127.0.0.1:5443", new URL(ejabberd.url).host],
      ["127.0.0.1:5281", new URL(prosody.url).host],
      ["127.0.0.1:5380", new URL(served.url).host],
      ["127.0.0.1:15222", `127.0.0.1:${ejabberd.port}`],
    ];
    return startOnFreePorts(async () => {
      const own = mkdtempSync(join(tmpdir(), "mayfly-proxy-"));
      const [web, tcp] = (await freePorts(2)) as [number, number];
      const place = { web, tcp, pem: certificate.file };
      const text = addresses.reduce(
        (all, [from, to]) => all.replaceAll(from, to),
        adapt(sample(file), place),
      );
      const config = join(own, "proxy.conf");
      writeFileSync(config, wrap(text, own));
      const server = await runServer(own, command(config), { ports: [web], ask: async () => {} });
      return { ...server, ...place };
    });
  }

  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s", (kind) => {
    let proxy: PrivateServer & Place;
    beforeAll(async () => {
      proxy = await start(kind);
    });
    afterAll(() => proxy?.stop());

    const forged = { "X-Forwarded-For": "198.51.100.9", Forwarded: "for=198.51.100.9" };
    const logIn = async (path: string, from: string, password: string) =>
      webSocketOutcome({
        url: `wss://127.0.0.1:${proxy.web}${path}`,
        ...{ ca: certificate.pem, user: "alice", host, password, from, headers: forged },
      });

    test("logs in at ejabberd, which sees the client's address, and no forged one", async () => {
      expect(await logIn("/ws", "127.0.0.2", await mint())).toBe("success");
      expect(await logIn("/ws", "127.0.0.3", "wrong")).toBe("not-authorized");
      const accepted = /Accepted c2s PLAIN authentication for alice@.* from \S*127\.0\.0\.2/;
      const failed = /Failed c2s PLAIN authentication for alice@.* from \S*127\.0\.0\.3/;
      await until(() => accepted.test(ejabberd.log()) && failed.test(ejabberd.log()));
      expect(ejabberd.log()).not.toContain("198.51.100.9");
      // As doctor reads it.
      const addresses = addressesInLog({ text: ejabberd.log(), localpart: "alice", host });
      expect(addresses).toEqual(expect.arrayContaining(["127.0.0.2", "127.0.0.3"]));
    });

    test("logs in at Prosody, which sees the same", async () => {
      expect(await logIn("/xmpp-websocket", "127.0.0.4", await mint())).toBe("success");
      await until(() => prosody.log().includes("address 127.0.0.4"));
      expect(prosody.log()).not.toContain("198.51.100.9");
    });

    test("passes /credentials on, of 8 KB at most, and nothing else of mayfly serve", async () => {
      const web = new WebClient(certificate.pem);
      const status = async (path: string, request = {}) =>
        (await web.send(`${url}${path}`, request)).status;
      const url = `https://127.0.0.1:${proxy.web}`;
      const query = new URLSearchParams({ username: `alice@${host}`, key: apiKey });
      expect(await status(`/credentials?${query}`)).toBe(200);
      const long = new URLSearchParams({ username: "x".repeat(10_000) });
      expect(await status("/credentials", { method: "POST", body: long })).toBe(
        kind === "Caddy" ? 502 : 413, // Caddy's 413 came after 2.6
      );
      for (const path of ["/metrics", "/status", "/auth/check_password", "/oauth/lookup", "/"]) {
        expect(await status(path), path).toBe(404);
      }
    });
  });

  test("HAProxy passes the address on over TCP, too", async () => {
    const proxy = await start("HAProxy");
    try {
      const login = { user: "alice", host, password: await mint() };
      expect(await c2sOutcome({ port: proxy.tcp, ca: ejabberd.ca }, login)).toBe("success");
    } finally {
      await proxy.stop();
    }
  });

  test("each sample is tried here", () => {
    const files = readdirSync(samples).filter((name) => name !== "README.md");
    expect(
      Object.values(kinds)
        .map(({ file }) => file)
        .sort(),
    ).toEqual(files.sort());
  });
});
