import type { Rule } from "../rule.ts";
import { type EjabberdConfig, type EjabberdListener, listOf } from "./config.ts";

/** Whether ejabberd sees the addresses of clients behind a proxy, and so bans the right ones. */
export const proxyRules: readonly Rule<EjabberdListener>[] = [
  {
    code: "fail2ban",
    applies: ({ module, config, isLoopback }) =>
      module === "ejabberd_c2s" && isLoopback && bansAddresses(config),
    find({ options, port, where }) {
      if (options.use_proxy_protocol === true) return undefined;
      const what = `mod_fail2ban counts the refusals of all clients on port ${port} together`;
      const fix = "use_proxy_protocol: true at the ejabberd_c2s listener, and at the proxy";
      return { what, where, fix };
    },
  },
  {
    code: "trusted-proxies",
    applies: (listener) =>
      takesLogins(listener) && !listener.isLoopback && trustsEveryClient(listener.config),
    find({ config, where }) {
      const what = "trusted_proxies: lets every client choose the address that ejabberd sees";
      const place = config.option("trusted_proxies")?.where ?? where;
      if (!bansAddresses(config)) {
        const why = "the log has whatever addresses clients send";
        return { what, where: place, why, severity: "warning" };
      }
      const why = "a stranger makes mod_fail2ban ban any address for an hour, and never their own";
      return { what, where: place, why, severity: "error" };
    },
  },
  {
    code: "fail2ban",
    applies: (listener) =>
      takesLogins(listener) && bansAddresses(listener.config) && !knowsProxy(listener),
    find: (listener) => ({
      what: unknownProxy(listener),
      where: listener.where,
      severity: listener.isLoopback ? "error" : "warning",
    }),
  },
  {
    code: "trusted-proxies",
    applies: (listener) =>
      takesLogins(listener) &&
      listener.isLoopback &&
      !bansAddresses(listener.config) &&
      !knowsProxy(listener),
    find: (listener) => ({ what: unknownProxy(listener), where: listener.where }),
  },
];

/** Whether HTTP clients log in here. */
function takesLogins(listener: EjabberdListener): boolean {
  return listener.serves("ejabberd_http_ws", "mod_bosh");
}

/** Whether mod_fail2ban bans by address: with an access rule of its own, exceptions are set up. */
function bansAddresses(config: EjabberdConfig): boolean {
  return config.hasModule("mod_fail2ban") && !("access" in config.moduleOptions("mod_fail2ban"));
}

function trustedProxies(config: EjabberdConfig): string[] {
  return listOf(config.option("trusted_proxies")).map(String);
}

function trustsEveryClient(config: EjabberdConfig): boolean {
  return trustedProxies(config).some((it) => it === "all" || /\/0$/.test(it));
}

/** Whether `trusted_proxies` has the proxy that leads to a listener, if one does. */
function knowsProxy({ config, isLoopback }: EjabberdListener): boolean {
  const trusted = trustedProxies(config);
  if (!isLoopback || trustsEveryClient(config)) return trusted.length > 0;
  return trusted.some((it) => /^(127\.|::1(\/|$)|::ffff:127\.)/.test(it));
}

function unknownProxy({ isLoopback, port }: EjabberdListener): string {
  const name = isLoopback ? "the proxy" : "a proxy";
  return `trusted_proxies: does not name ${name} that logins on port ${port} come through`;
}
