import type { Code } from "../../findings/finding.ts";
import type { Rule } from "../rule.ts";
import { listOf, type ProsodyConfig } from "./config.ts";

const minStanzaBytes = 65_536;
const defaultStanzaBytes = 10_000;

/** What Prosody lets through without TLS, cuts off, and loads besides. */
export const serverRules: readonly Rule<ProsodyConfig>[] = [
  {
    code: "plain-without-tls",
    applies: isUnencrypted,
    find: (config) => ({
      what: "c2s_require_encryption is false",
      where: config.option("c2s_require_encryption")?.where,
      // It takes the other option too before a login can come in clear.
      severity: allowsPlain(config) ? "error" : "warning",
      fix: "c2s_require_encryption = true",
    }),
  },
  {
    code: "plain-without-tls",
    applies: (config) => allowsPlain(config) && !isUnencrypted(config),
    find: (config) => ({
      what: "allow_unencrypted_plain_auth is true",
      where: config.option("allow_unencrypted_plain_auth")?.where,
      severity: "warning",
      fix: "leave allow_unencrypted_plain_auth out",
    }),
  },
  trusted("consider_websocket_secure"),
  trusted("consider_bosh_secure"),
  {
    code: "stanza-limit",
    find(config) {
      const setting = config.option("c2s_unauthed_stanza_size_limit");
      const value = Number(setting?.value ?? defaultStanzaBytes);
      if (value >= minStanzaBytes) return undefined;
      return { what: `c2s_unauthed_stanza_size_limit is ${value}`, where: setting?.where };
    },
  },
  {
    ...loaded("fast-outlives", ["sasl2_fast"]),
    applies: (config) => config.modules.includes("sasl2_fast") && !config.limitsFast,
  },
  loaded("oauth-outlives", ["http_oauth2"]),
  loaded("legacy-auth", ["legacyauth"]),
  loaded("mod-register", ["register", "register_ibr", "invites_register"], {
    what: "in-band registration is loaded",
    why: "Mayfly has no accounts to create, and no passwords to change",
  }),
];

function isUnencrypted(config: ProsodyConfig): boolean {
  return config.option("c2s_require_encryption")?.value === false;
}

function allowsPlain(config: ProsodyConfig): boolean {
  return config.option("allow_unencrypted_plain_auth")?.value === true;
}

/** An option by which HTTP counts as if it had TLS. */
function trusted(name: string): Rule<ProsodyConfig> {
  return {
    code: "plain-without-tls",
    applies: (config) => config.option(name)?.value === true && isHttpOpen(config),
    find: (config) => ({
      what: `${name} is true, and every machine can reach HTTP`,
      where: config.option(name)?.where,
      fix: `http_interfaces = { "127.0.0.1" } with a proxy before it, or no ${name}`,
    }),
  };
}

/** Whether HTTP without TLS can be reached from other machines. */
function isHttpOpen(config: ProsodyConfig): boolean {
  const ports = config.option("http_ports");
  const interfaces = config.option("http_interfaces");
  const isListening = ports?.value === undefined || listOf(ports).length > 0;
  const addresses = interfaces?.value === undefined ? ["*"] : listOf(interfaces);
  return isListening && addresses.some((it) => !/^(127\.|::1$)/.test(String(it)));
}

/** Modules that should not be there. */
function loaded(
  code: Code,
  names: readonly string[],
  texts: { what: string; why?: string } = { what: `${names[0]} is loaded` },
): Rule<ProsodyConfig> {
  return {
    code,
    applies: ({ modules }) => modules.some((it) => names.includes(it)),
    find: (config) => ({ ...texts, where: config.option("modules_enabled")?.where }),
  };
}
