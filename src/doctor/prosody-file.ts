import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Code, type Finding, finding, type Saying } from "./finding.ts";
import type { Assignment, LuaValue } from "./lua-file.ts";
import { readLuaWithIncluded } from "./lua-include.ts";

/** Where Debian's Prosody looks for modules besides. */
const usualPlugins = [
  "/usr/lib/prosody/modules",
  "/usr/local/lib/prosody/modules",
  "/usr/lib/prosody/prosody-modules",
];
const room = 65_536;

/** Reads `prosody.cfg.lua`, and what it includes, for mistakes about a host. */
export function readProsody(text: string, path: string, host: string): Finding[] {
  const { assignments, sections } = readLuaWithIncluded(text, path);
  const findings: Finding[] = [];
  const authentication = option("authentication");

  hosts();
  method();
  program();
  tls();
  limit();
  modules();
  return findings;

  function hosts(): void {
    if (sections.includes(host)) return;
    add("host", `there is no VirtualHost "${host}"`, { fix: `VirtualHost "${host}"` });
  }

  function method(): void {
    const { value } = authentication ?? {};
    if (value === "mayfly") return;
    const what = `authentication is ${value === undefined ? "not set" : JSON.stringify(value)}: the program is not asked`;
    const why = "without the program nobody can log in";
    const isProgram = ["external_insecure", "http", "external"].includes(String(value));
    if (!isProgram) add("auth-method", what, { severity: "error", why }, authentication);
    else if (value !== "http") {
      const insecure = "it can take one user's answer for another's, wrong passwords too";
      add(
        "auth-method",
        `authentication is "${value}"`,
        { severity: "error", why: insecure },
        authentication,
      );
    }
  }

  function program(): void {
    if (authentication?.value !== "mayfly") return;
    const folders = [listOf(option("plugin_paths")?.value), usualPlugins].flat();
    const hasModule = folders.some((it) =>
      existsSync(join(resolve(dirname(path), String(it)), "mod_auth_mayfly")),
    );
    if (!hasModule) {
      const what = "plugin_paths names no folder that holds the folder mod_auth_mayfly";
      add("module", what, {}, option("plugin_paths"));
    }
    const socket = option("mayfly_socket");
    const name = String(socket?.value ?? "/run/mayfly/extauth.sock");
    if (existsSync(name)) return;
    const fix = `mayfly serve --extauth unix:${name} (systemctl enable --now mayfly)`;
    add("program", `there is no socket ${name}`, { fix }, socket);
  }

  function tls(): void {
    const encryption = option("c2s_require_encryption");
    const plain = option("allow_unencrypted_plain_auth");
    // Either alone lets nobody in yet.
    const isOpen = encryption?.value === false && plain?.value === true;
    const severity = isOpen ? "error" : "warning";
    if (encryption?.value === false) {
      const fix = "c2s_require_encryption = true";
      add("plain-without-tls", "c2s_require_encryption is false", { severity, fix }, encryption);
    } else if (plain?.value === true) {
      const fix = "leave allow_unencrypted_plain_auth out";
      add("plain-without-tls", "allow_unencrypted_plain_auth is true", { severity, fix }, plain);
    }
    const interfaces = listOf(option("http_interfaces")?.value ?? ["*"]);
    const ports = listOf(option("http_ports")?.value ?? [5280]);
    const isForAll = ports.length > 0 && interfaces.some((it) => !/^(127\.|::1$)/.test(String(it)));
    for (const name of ["consider_websocket_secure", "consider_bosh_secure"]) {
      const setting = option(name);
      if (setting?.value !== true || !isForAll) continue;
      const fix = `http_interfaces = { "127.0.0.1" } with a proxy before it, or no ${name}`;
      add("plain-without-tls", `${name} is true, and HTTP open to all`, { fix }, setting);
    }
  }

  function limit(): void {
    const setting = option("c2s_unauthed_stanza_size_limit");
    const value = Number(setting?.value ?? 10_000);
    if (value >= room) return;
    add("stanza-limit", `c2s_unauthed_stanza_size_limit is ${value}`, {}, setting);
  }

  function modules(): void {
    const enabled = option("modules_enabled");
    const disabled = listOf(option("modules_disabled")?.value);
    const names = listOf(enabled?.value)
      .filter((it) => !disabled.includes(it))
      .map(String);
    if (names.includes("sasl2_fast")) {
      add("fast-outlives", "sasl2_fast is loaded", {}, enabled);
    }
    const registering = ["register", "register_ibr", "invites_register"];
    if (names.some((name) => registering.includes(name))) {
      const why = "there are no accounts to make, and no passwords to change";
      add("mod-register", "in-band registration is loaded", { why }, enabled);
    }
  }

  function option(name: string): Assignment | undefined {
    const all = assignments.filter((it) => it.name === name);
    return all.findLast((it) => it.section === host) ?? all.findLast((it) => !it.section);
  }

  function add(code: Code, what: string, saying: Saying, setting?: Assignment): void {
    const where = setting ? `${setting.file ?? path}:${setting.line}` : path;
    findings.push(finding(code, what, "prosody", { where, ...saying }));
  }
}

function listOf(value: LuaValue): LuaValue[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
