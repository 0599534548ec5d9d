import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import { jwtVerify } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { startExtauth } from "../support/cli/run-cli.ts";
import { makeProgram } from "../support/cli/socket-program.ts";
import { saslOutcome } from "../support/clients/raw-login.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { logIn } from "../support/clients/xmpp-client.ts";
import { openPage } from "../support/docs/markdown.ts";
import { listen } from "../support/fakes/http-listener.ts";
import { makeCertificate } from "../support/machine/certificate.ts";
import { openTerminal } from "../support/machine/terminal.ts";
import { startEjabberd } from "../support/servers/ejabberd.ts";
import { apiAccess, runCommand } from "../support/servers/ejabberd-api.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/moving.md");
const both = page.take("both");
const hosts = page.take("hosts");
const users = page.take("users");
const jitsi = {
  prosody: page.take("jitsi-prosody"),
  mayfly: page.take("jitsi-mayfly"),
  mint: page.take("jitsi-mint"),
};

const host = "example.org";
const alice = `alice@${host}`;
const keys = [{ id: "north", secret: "the secret of those who move" }];
const mint = (jid = alice) => mintWith({ jid, ttl: 60 }, { keyring: new Keyring(keys) });
const typed = "what alice typed once";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describeWith("ejabberd")("ejabberd with both methods", () => {
  const { modules, extauth_program: _, ...options } = parse(both);

  /** With the sample's modules, and those of the page or others in the place of them. */
  async function start(added: object, more: object = {}) {
    const server = await startEjabberd({
      hosts: [host],
      mayfly: { keys, hosts: { [host]: { users: "none" } } },
      furnish: installModMayfly,
      handlers: apiAccess.handlers,
      options: {
        ...options,
        ...apiAccess.options,
        ...more,
        modules: { mod_offline: {}, mod_ping: {}, mod_roster: {}, mod_admin_extra: {}, ...added },
      },
    });
    stops.push(server.stop);
    const account = { user: "alice", host, password: typed };
    await runCommand(server, "register", account);
    return server;
  }

  test("lets people in with either, by PLAIN alone, and to the same account", async () => {
    const server = await start(modules);
    const offered: string[] = [];
    const minted = await mint();
    const old = await logIn(server, { ...minted, password: typed }, (element) => {
      const mechanisms = element.getChild("mechanisms")?.getChildren("mechanism") ?? [];
      offered.push(...mechanisms.map((mechanism) => mechanism.text()));
    });
    stops.push(() => old.stop());
    expect(offered).toEqual(["PLAIN"]);
    const item = xml("item", { jid: `bob@${host}` });
    const query = xml("query", "jabber:iq:roster", item);
    await old.iqCaller.request(xml("iq", { type: "set" }, query));

    const young = await logIn(server, minted);
    stops.push(() => young.stop());
    const ask = xml("iq", { type: "get" }, xml("query", "jabber:iq:roster"));
    const roster = await young.iqCaller.request(ask);
    const known = roster.getChild("query")?.getChild("item")?.attrs.jid;
    expect(known).toBe(`bob@${host}`);

    const outcome = (user: string, password: string) =>
      c2sOutcome(server, { user, host, password });
    expect(await outcome("alice", "what she never typed")).toBe("not-authorized");
    expect(await outcome("carol", typed)).toBe("not-authorized");
    const said = () => JSON.stringify(server.decisions());
    await until(() => said().includes('"reason":"malformed"'));
    expect(said()).not.toContain(typed);
    const exists = (user: string) => runCommand(server, "check_account", { user, host });
    expect([await exists("alice"), await exists("carol")]).toEqual(["0", "1"]);
  });

  test("takes a password away, in the order of the page and in no other", async () => {
    for (const [auth_method, left] of [
      [options.auth_method, "not-authorized"],
      [[...options.auth_method].reverse(), "success"],
    ]) {
      const server = await start(modules, { auth_method });
      await runCommand(server, "ban_account", { user: "alice", host, reason: "gone" });
      expect(await c2sOutcome(server, { user: "alice", host, password: typed })).toBe(left);
      const { password } = await mint(); // which is taken back otherwise
      expect(await c2sOutcome(server, { user: "alice", host, password })).toBe("success");
    }
  });

  test("needs the guard before 26.07, and has it", async () => {
    const asOther = async (added: object) => {
      const server = await start(added);
      return saslOutcome(server, host, "PLAIN", `bob@${host}\0alice\0${typed}`);
    };
    expect(await asOther(modules)).toBe("stream:not-authorized");
    expect(await asOther({})).not.toBe("stream:not-authorized");
  });
});

describeWith("prosody")("Prosody with a host for each", () => {
  test("lets people in at each with what is good there", async () => {
    const program = makeProgram({ keys });
    stops.push(program.end);
    await program.start();
    const all = [host, `staff.${host}`];
    const [first = "", second = ""] = hosts.split(/^(?=VirtualHost "staff)/m);
    expect(first).toContain(`VirtualHost "${host}"\n  authentication = "mayfly"`);
    const folder = mkdtempSync(join(tmpdir(), "mayfly-moving-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const certificate = makeCertificate(folder, all);
    const running = { hosts: [host], socket: program.path, options: second, certificate };
    const server = await startProsody(running);
    stops.push(server.stop);
    const terminal = openTerminal({
      programs: { prosodyctl: `exec /usr/bin/prosodyctl --config ${server.config} "$@"` },
    });
    await terminal.run(`prosodyctl register alice staff.${host} '${typed}'`);
    const outcomes = (password: string) =>
      Promise.all(all.map((it) => c2sOutcome(server, { user: "alice", host: it, password })));
    expect(await outcomes((await mint()).password)).toEqual(["success", "not-authorized"]);
    expect(await outcomes(typed)).toEqual(["not-authorized", "success"]);
  });
});

describe("who exists", () => {
  test("says the URL", async () => {
    const asked: unknown[] = [];
    const url = await listen((request, response) => {
      asked.push([request.method, request.url]);
      response.end(String(request.url?.includes("user=alice")));
    });
    const folder = mkdtempSync(join(tmpdir(), "mayfly-moving-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    const here = users.replace("https://cloud.example.org", url);
    writeFileSync(join(folder, "mayfly.yml"), stringify({ keys }) + here);
    const program = startExtauth([], { cwd: folder });
    stops.push(() => program.kill("SIGKILL"));
    expect(await program.ask(`isuser:alice:${host}`)).toBe("00020001");
    expect(await program.ask(`isuser:bob:${host}`)).toBe("00020000");
    expect(asked).toEqual([
      ["GET", `/xmpp/exists?user=alice&server=${host}`],
      ["GET", `/xmpp/exists?user=bob&server=${host}`],
    ]);
  });
});

describeWith("prosody")("Jitsi's Prosody", () => {
  /** Stands where Jitsi's own module would, and says with what it would verify. */
  const module = `
local names = { "app_id", "app_secret" };
for _, name in ipairs(names) do module:log("info", "%s: %s", name, module:get_option_string(name)); end
module:log("info", "audience: %s", module:get_option_array("asap_accepted_audiences")[1]);
module:log("info", "empty: %s", tostring(module:get_option_boolean("allow_empty_token", true)));
local provider = {};
function provider.get_sasl_handler() return require "util.sasl".new(module.host, { plain_test = function () end }); end
module:provides("auth", provider);
`;

  test("is told the key that the token was minted with", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-jitsi-"));
    stops.push(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "modules"));
    writeFileSync(join(folder, "modules/mod_auth_token.lua"), module);
    const secret = "the secret of Jitsi's own Prosody";
    const options = jitsi.prosody.replace("CHANGE-ME", secret);
    const plugins = [join(folder, "modules")];
    const server = await startProsody({ hosts: ["meet.example.com"], options, plugins });
    stops.push(server.stop);
    const told = (name: string) =>
      RegExp(`auth_token\\s+info\\s+${name}: (.*)`).exec(server.log())?.[1];
    expect(told("empty")).toBe("false");

    const terminal = openTerminal();
    writeFileSync(join(terminal.folder, "mayfly.yml"), jitsi.mayfly);
    writeFileSync(join(terminal.folder, "meet.key"), `${secret}\n`, { mode: 0o600 });
    const token = /^password +(\S+)$/m.exec(await terminal.run(jitsi.mint))?.[1] ?? "";
    const key = new TextEncoder().encode(told("app_secret"));
    const [issuer = "", audience = ""] = [told("app_id"), told("audience")];
    const { payload } = await jwtVerify(token, key, { issuer, audience, algorithms: ["HS256"] });
    expect(payload).toMatchObject({
      room: "stand-up",
      context: { user: { id: "alice@example.com" } },
    });
    expect(Number(payload.exp) - Number(payload.nbf)).toBeLessThan(400);
  });
});
