import { availableParallelism, totalmem } from "node:os";
import { type Account, ownerOf } from "./account.ts";
import { type Code, type Finding, finding, type Saying } from "./finding.ts";
import { whyNotStarted } from "./program-words.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

/** What `ejabberd.yml` says about a host. */
export interface EjabberdFile {
  findings: Finding[];
  /** Whether OAuth is set up on purpose. */
  oauth: boolean;
}

const megabyte = 1024 ** 2;
const perProcess = 50 * megabyte;
const manyProcesses = 16;

/**
 * Reads `ejabberd.yml` for mistakes about a host.
 *
 * @param account - the user that ejabberd runs as; the file's owner when absent
 */
export function readEjabberd(
  text: string,
  path: string,
  host: string,
  account: Account | undefined = ownerOf(path),
): EjabberdFile {
  const file = readYaml(text, path);
  const found = (code: Code, what: string, saying: Saying = {}) =>
    finding(code, what, "ejabberd", { where: path, ...saying });
  if (file.error !== undefined) {
    const fix = "mend the line: ejabberd does not start with it";
    return { findings: [found("config", file.error, { fix })], oauth: false };
  }
  const option = (name: string) => file.get(["host_config", host, name], [name]);
  const listeners = listenersOf(file);
  const modules = {
    ...objectOf(option("modules")?.value),
    ...objectOf(file.get(["append_host_config", host, "modules"])?.value),
  };
  const oauth = isOAuthSetUp(file, listeners);
  const program = option("extauth_program");

  return {
    oauth,
    findings: [
      ...hosts(),
      ...method(),
      ...cache(),
      ...programs(),
      ...pool(),
      ...deprecated(),
      ...mechanisms(),
      ...listeners.flatMap(listener),
      ...mods(),
      ...level(),
    ],
  };

  function hosts(): Finding[] {
    const list = file.get(["hosts"]);
    if (!Array.isArray(list?.value) || list.value.includes(host)) return [];
    const what = `${host} is not among the hosts`;
    return [found("host", what, { where: list.where, fix: `hosts: [${host}]` })];
  }

  function method(): Finding[] {
    const methods = option("auth_method");
    const names = [methods?.value ?? []].flat().map(String);
    const where = methods ? { where: methods.where } : {};
    if (names.length === 1 && names[0] === "external") return [];
    if (!names.includes("external")) {
      const what = `auth_method: is ${names.join(", ") || "not set"}: the program is not asked`;
      const why = "without the program nobody can log in";
      return [found("auth-method", what, { ...where, severity: "error", why })];
    }
    const others = names.filter((name) => name !== "external").join(", ");
    return [found("auth-method", `auth_method: has ${others} beside external`, where)];
  }

  function cache(): Finding[] {
    const setting = option("auth_use_cache") ?? option("use_cache");
    if (setting?.value === false) return [];
    const where = setting ? { where: setting.where } : {};
    const what = setting
      ? "auth_use_cache: is on"
      : "auth_use_cache: is not set, and on by default";
    return [found("auth-cache", what, where)];
  }

  function programs(): Finding[] {
    if (program === undefined) {
      const fix = 'extauth_program: "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml"';
      return [found("program", "there is no extauth_program:", { fix })];
    }
    const why = account && whyNotStarted(String(program.value), account);
    if (!why) return [];
    const { what, fix } = why;
    return [found("program", `extauth_program: ${what}`, { where: program.where, fix })];
  }

  function pool(): Finding[] {
    const size = option("extauth_pool_size");
    // Relays to one process take next to nothing.
    if (!/mayfly|node/.test(String(program?.value)) || /socat/.test(String(program?.value)))
      return [];
    const count = Number(size?.value ?? availableParallelism());
    const hosts = [file.get(["hosts"])?.value ?? []].flat().length;
    const memory = count * Math.max(hosts, 1) * perProcess;
    if (!(count > manyProcesses || memory > totalmem() / 4)) return [];
    const how = size ? `${count} processes` : `a process for each of ${count} cores`;
    const what = `extauth_pool_size: makes ${how} for each host, in all ${Math.round(memory / megabyte)} MB`;
    return [found("pool-size", what, size ? { where: size.where } : {})];
  }

  function deprecated(): Finding[] {
    return Object.entries({
      extauth_cache: "auth_use_cache: false",
      extauth_instances: "extauth_pool_size: 2",
    }).flatMap(([name, instead]) => {
      const setting = option(name);
      if (!setting) return [];
      const saying = { where: setting.where, fix: `${instead}, and no ${name}:` };
      return [found("deprecated-option", `${name}: is not an option any more`, saying)];
    });
  }

  function mechanisms(): Finding[] {
    const disabled = option("disable_sasl_mechanisms");
    const names = [disabled?.value ?? []].flat().map((name) => String(name).toUpperCase());
    if (oauth || names.includes("X-OAUTH2")) return [];
    const what = "X-OAUTH2 is offered, though nothing of OAuth is set up";
    return [found("x-oauth2-offered", what, disabled ? { where: disabled.where } : {})];
  }

  function listener({ options, where }: Listener): Finding[] {
    const { module, port } = options;
    if (module === "mod_mqtt") return judgeMqtt(options, where);
    if (module === "ejabberd_http") return judgeWeb(options, where);
    if (module !== "ejabberd_c2s") return [];
    const findings: Finding[] = [];
    const isSafe = options.starttls_required === true || options.tls === true;
    if (!isSafe && !isLoopback(options)) {
      const what = `the listener on port ${port} takes logins without TLS`;
      findings.push(found("plain-without-tls", what, { where }));
    }
    const limit = Number(options.max_stanza_size);
    if (!(limit <= 65_536)) {
      const what = `the listener on port ${port} has ${options.max_stanza_size === undefined ? "no max_stanza_size:" : `max_stanza_size: ${limit}`}`;
      const why = "a password of 65 KB costs ejabberd the program: anybody can keep all others out";
      findings.push(found("stanza-limit", what, { where, why, severity: "error" }));
    }
    return findings;
  }

  function judgeMqtt(options: Options, where: string): Finding[] {
    if (Number(options.max_payload_size) <= 65_000) return [];
    const what = `the MQTT listener on port ${options.port} takes passwords that the program cannot be given`;
    const why = "a password of 65 KB costs ejabberd the program: anybody can keep all others out";
    const saying = {
      where,
      why,
      severity: "error",
      fix: "max_payload_size: 65000 at the mod_mqtt listener",
    } as const;
    return [found("stanza-limit", what, saying)];
  }

  function judgeWeb(options: Options, where: string): Finding[] {
    const handlers = Object.values(objectOf(options.request_handlers));
    const takesLogins = handlers.some((it) => it === "ejabberd_http_ws" || it === "mod_bosh");
    if (!takesLogins || options.tls === true || isLoopback(options)) return [];
    const what = `the WebSocket or BOSH on port ${options.port} takes logins without TLS`;
    const fix =
      'tls: true at the ejabberd_http listener, or ip: "127.0.0.1" with a proxy before it';
    return [found("plain-without-tls", what, { where, fix })];
  }

  function mods(): Finding[] {
    const findings: Finding[] = [];
    const where = option("modules")?.where ?? path;
    if ("mod_register" in modules)
      findings.push(found("mod-register", "mod_register is loaded", { where }));
    if ("mod_auth_fast" in modules)
      findings.push(found("fast-outlives", "mod_auth_fast is loaded", { where }));
    return findings;
  }

  function level(): Finding[] {
    const level = option("loglevel");
    if (level?.value !== "debug" && level?.value !== 5) return [];
    return [found("debug-log", "loglevel: is debug", { where: level.where })];
  }
}

type Options = Record<string, unknown>;

interface Listener {
  options: Options;
  where: string;
}

function listenersOf(file: YamlFile): Listener[] {
  const { length } = [file.get(["listen"])?.value ?? []].flat();
  return Array.from({ length }, (_, index) => {
    const it = file.get(["listen", index]);
    return { options: objectOf(it?.value), where: it?.where ?? "" };
  });
}

function objectOf(value: unknown): Options {
  return typeof value === "object" && value !== null ? (value as Options) : {};
}

function isLoopback({ ip }: Options): boolean {
  return /^(127\.|::1$)/.test(String(ip));
}

/** A way to get tokens, or to have them looked up. */
function isOAuthSetUp(file: YamlFile, listeners: Listener[]): boolean {
  const lookup = file.get(["oauth_db_type"])?.value;
  const issues = listeners.some(({ options }) =>
    Object.values(objectOf(options.request_handlers)).includes("ejabberd_oauth"),
  );
  return lookup === "rest" || (issues && file.get(["oauth_access"]) !== undefined);
}
