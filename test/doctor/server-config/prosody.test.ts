import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { readProsody } from "../../../src/doctor/index.ts";
import { readLua } from "../../../src/doctor/server-config/lua.ts";
import { findingsOf } from "../../support/cli/doctor.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const modules = fileURLToPath(new URL("../../../prosody", import.meta.url));
const socket = join(folder, "extauth.sock");
writeFileSync(socket, "");
mkdirSync(join(folder, "empty"));

const sample = readFileSync(join(modules, "prosody.cfg.lua"), "utf8")
  .replace("/usr/local/lib/prosody/modules", modules)
  .replace("/run/mayfly/extauth.sock", socket);

/** What is said about the sample with a line of it put differently. */
function read(line = "", other = "") {
  if (!sample.includes(line)) throw new Error(`the sample has no ${line}`);
  const text = sample.replace(line, () => other);
  return findingsOf(readProsody(text, "/etc/prosody.cfg.lua", "example.com"));
}

test("the sample is without a mistake", () => {
  expect(read()).toEqual([]);
});

const authentication = 'authentication = "mayfly"';
const planted: [line: string, other: string, finds: string][] = [
  [authentication, 'authentication = "internal_hashed"', "error auth-method: authentication"],
  [authentication, "", "error auth-method: authentication"],
  [
    authentication,
    'authentication = "external_insecure"',
    'error auth-method: authentication = "mayfly"',
  ],
  [`mayfly_socket = "${socket}"`, `mayfly_socket = '${socket}2'`, "error program: mayfly serve"],
  [modules, join(folder, "empty"), "error module: plugin_paths"],
  ['VirtualHost "example.com"', 'VirtualHost "other.example"', "error host: VirtualHost"],
  [
    "c2s_require_encryption = true",
    "c2s_require_encryption = false",
    "warning plain-without-tls: c2s_require_encryption = true",
  ],
  [
    "c2s_require_encryption = true",
    "c2s_require_encryption = false; allow_unencrypted_plain_auth = true",
    "error plain-without-tls: c2s_require_encryption = true",
  ],
  [
    "http_ports = {}",
    "consider_websocket_secure = true",
    'error plain-without-tls: http_interfaces = { "127.0.0.1" }',
  ],
  [
    "c2s_unauthed_stanza_size_limit = 65536",
    "-- c2s_unauthed_stanza_size_limit = 65536",
    "warning stanza-limit: c2s_unauthed_stanza_size_limit = 65536",
  ],
  ['"smacks"', '"smacks", "sasl2_fast"', "warning fast-outlives: leave sasl2_fast out"],
  ['"smacks"', '"smacks", "http_oauth2"', "warning oauth-outlives: leave http_oauth2 out"],
  ['"smacks"', '"smacks", "legacyauth"', "warning legacy-auth: leave legacyauth out"],
  ['"smacks"', '"smacks"; "register_ibr"', 'warning mod-register: leave "register" out'],
];

test("FAST is no mistake where its tokens end with their credential", () => {
  const text = sample.replace('"smacks"', '"smacks", "sasl2_fast"');
  const limited = text.replace(/^VirtualHost/m, "mayfly_end_fast_at_expiry = true\nVirtualHost");
  const read = (lua: string) => readProsody(lua, join(folder, "prosody.cfg.lua"), "example.com");
  expect(read(limited).findings.map(({ code }) => code)).not.toContain("fast-outlives");
  expect([text, limited].map((it) => read(it).limitsFast)).toEqual([false, true]);
});

test("where Prosody verifies by itself, it is the secrets that must be there, and not the socket", () => {
  const [secret, other] = [join(folder, "north.key"), join(folder, "south.key")];
  for (const file of [secret, other]) writeFileSync(file, "", { mode: 0o640 });
  const line = `mayfly_socket = "${socket}"`;
  const list = `mayfly_secret_files = { "north.key", ["${other}"] = "sha256" }`;
  const text = (lines: string) => sample.replace(line, () => lines);
  const config = join(folder, "prosody.cfg.lua");
  expect(readProsody(text(`${list}\nmayfly_scram = true`), config, "example.com")).toEqual({
    findings: [],
    limitsFast: false,
    isStandAlone: true,
    asksForMacs: false,
  });
  expect(readProsody(sample, config, "example.com")).toMatchObject({
    isStandAlone: false,
    asksForMacs: false,
  });
  const scram = text(`${line}\nmayfly_scram = true`);
  expect(readProsody(scram, config, "example.com")).toMatchObject({ asksForMacs: true });

  const found = (lines: string) => findingsOf(readProsody(text(lines), config, "example.com"));
  expect(found("mayfly_secret_files = {}")).toEqual([
    expect.stringContaining("error secret-file: mayfly_secret_files"),
  ]);
  expect(found('mayfly_secret_files = "none.key"')).toEqual([
    expect.stringContaining("error secret-file: mayfly_secret_files"),
  ]);
  chmodSync(other, 0o644);
  expect(found(list)).toEqual([expect.stringContaining(`chmod o= ${other}`)]);
});

test.each(planted)("%s written as %s", (line, other, finds) => {
  expect(read(line, other)).toEqual([expect.stringContaining(finds)]);
});

test("behind a proxy, HTTP without TLS is right", () => {
  const proxied = 'consider_websocket_secure = true\nhttp_interfaces = { "127.0.0.1", "::1" }';
  expect(read("http_ports = {}", proxied)).toEqual([]);
});

test("what a host sets counts for that host alone", () => {
  const host = 'VirtualHost "example.com"';
  const other = 'VirtualHost "other.example"\n\tauthentication = "internal_plain"\n';
  expect(read(host, `${other}${host}`)).toEqual([]);
  expect(read(host, `${host}\n\tauthentication = "internal_plain"`)).toEqual([
    expect.stringContaining("error auth-method"),
  ]);
});

test("Lua is read as far as it is plain", () => {
  const text = `--[[ a = 1
]] b = 'it''s' -- c = 2
d = [[long
text]]
limit = 1024 * 64; e = { 1, { "x"; "y" }, [ "k" ] = 3, n = false }
f = os.getenv("HOME")
if g == 1 then end
VirtualHost("example.com")
Component "rooms.example.com" "muc"
	h = true`;
  const { assignments, sections } = readLua(text);
  expect(assignments).toEqual([
    { name: "b", value: "it", line: 2 },
    { name: "d", value: "long\ntext", line: 3 },
    { name: "limit", value: 65_536, line: 5 },
    { name: "e", value: expect.anything(), line: 5 },
    { name: "f", value: undefined, line: 6 },
    { name: "h", value: true, line: 10, section: "rooms.example.com" },
  ]);
  expect(sections).toEqual(["example.com", "rooms.example.com"]);
});

test("what is included counts, from its place on, and is named where it stands", () => {
  const included = join(folder, "conf.d");
  mkdirSync(included);
  const [ours = "", other = ""] = ["example.com", "other.example"].map((name) =>
    join(included, `${name}.cfg.lua`),
  );
  writeFileSync(join(included, "notes.txt"), 'authentication = "internal_plain"');
  const main =
    'authentication = "internal_hashed"\nVirtualHost "localhost"\nInclude "conf.d/*.cfg.lua"';
  const found = () =>
    readProsody(
      `${main}\nallow_registration = false`,
      join(folder, "prosody.cfg.lua"),
      "example.com",
    ).findings;

  expect(found().map(({ code }) => code)).toEqual(["host", "auth-method", "stanza-limit"]);
  writeFileSync(other, 'VirtualHost "other.example"\nauthentication = "anonymous"');
  writeFileSync(ours, sample);
  expect(found()).toEqual([]);
  writeFileSync(ours, sample.replace(modules, join(folder, "empty")));
  const line = sample.split("\n").findIndex((it) => it.startsWith("plugin_paths")) + 1;
  expect(found().map(({ code, where }) => [code, where])).toEqual([["module", `${ours}:${line}`]]);
  rmSync(ours);
  expect(findingsOf({ findings: found() })).toContainEqual(expect.stringContaining("error host"));
});

test("a module that is disabled is not loaded", () => {
  const enabled = 'modules_enabled = { "register", "invites_register" }';
  const names = (text: string) =>
    readProsody(text + sample.replace(/^modules_.*$/gm, ""), "/etc/prosody.cfg.lua", "example.com")
      .findings;
  expect(names(`${enabled}\n`).map(({ code }) => code)).toEqual(["mod-register"]);
  const half = `${enabled}\nmodules_disabled = { "register" }\n`;
  expect(names(half).map(({ code }) => code)).toEqual(["mod-register"]);
  const both = `${enabled}\nmodules_disabled = { "register", "invites_register" }\n`;
  expect(names(both)).toEqual([]);
});
