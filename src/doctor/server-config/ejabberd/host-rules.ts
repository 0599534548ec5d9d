import type { Rule } from "../rule.ts";
import { type EjabberdConfig, listOf } from "./config.ts";

/** What is set for a host, whatever verifies its logins. */
export const hostRules: readonly Rule<EjabberdConfig>[] = [
  {
    code: "host",
    find({ host, hosts }) {
      if (!Array.isArray(hosts?.value) || hosts.value.includes(host)) return undefined;
      const what = `${host} is not among the hosts`;
      return { what, where: hosts.where, fix: `hosts: [${host}]` };
    },
  },
  {
    code: "auth-method",
    applies: ({ authMethods, ownMethod }) => !authMethods.includes(ownMethod),
    find({ authMethods, authMethod }) {
      const what = `auth_method: is ${authMethods.join(", ") || "not set"}: ejabberd does not ask the program`;
      const why = "every login needs the program";
      return { what, where: authMethod?.where, severity: "error", why };
    },
  },
  {
    code: "auth-method",
    applies: ({ authMethods, ownMethod }) => authMethods.includes(ownMethod),
    find({ authMethods, authMethod, ownMethod, isNative }) {
      const others = authMethods.filter((name) => name !== ownMethod).join(", ");
      if (authMethods.length === 1) return undefined;
      const what = `auth_method: has ${others} beside ${ownMethod}`;
      return {
        what,
        where: authMethod?.where,
        ...(isNative && { fix: "auth_method: [mayfly]" }),
      };
    },
  },
];

/** What else a host is served with. */
export const serverRules: readonly Rule<EjabberdConfig>[] = [
  retired("extauth_cache", "auth_use_cache: false"),
  retired("extauth_instances", "extauth_pool_size: 2"),
  {
    code: "x-oauth2-offered",
    applies: (config) => !config.hasOAuth,
    find(config) {
      const disabled = config.option("disable_sasl_mechanisms");
      const names = listOf(disabled).map((name) => String(name).toUpperCase());
      if (names.includes("X-OAUTH2")) return undefined;
      const what = "ejabberd offers X-OAUTH2, and OAuth is not set up";
      return { what, where: disabled?.where };
    },
  },
];

/** Modules and settings that work against short-lived credentials. */
export const moduleRules: readonly Rule<EjabberdConfig>[] = [
  loaded("mod_register", "mod-register"),
  {
    ...loaded("mod_auth_fast", "fast-outlives"),
    applies: (config) => config.hasModule("mod_auth_fast") && !config.limitsFast,
  },
  {
    code: "debug-log",
    find(config) {
      const level = config.option("loglevel");
      if (level?.value !== "debug" && level?.value !== 5) return undefined;
      return { what: "loglevel: is debug", where: level.where };
    },
  },
];

/** An option that ejabberd has no more. */
function retired(name: string, instead: string): Rule<EjabberdConfig> {
  return {
    code: "deprecated-option",
    find(config) {
      const setting = config.option(name);
      if (!setting) return undefined;
      const what = `ejabberd has no option ${name}: any more`;
      return { what, where: setting.where, fix: `${instead}, and no ${name}:` };
    },
  };
}

/** A module that should not be there. */
function loaded(name: string, code: Rule<EjabberdConfig>["code"]): Rule<EjabberdConfig> {
  return {
    code,
    applies: (config) => config.hasModule(name),
    find: (config) => ({ what: `${name} is loaded`, where: config.option("modules")?.where }),
  };
}
