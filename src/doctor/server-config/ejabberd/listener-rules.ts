import type { Rule } from "../rule.ts";
import type { EjabberdListener } from "./config.ts";

const fatalPassword = {
  why: "a password of 65 KB makes ejabberd lose its program: any stranger can lock all users out",
  severity: "error",
} as const;

/** The HTTP modules that take passwords of any length, and what limits them. */
const sizeFixes: Record<string, string> = {
  ejabberd_http_ws: "mod_mayfly: {} under modules:",
  ejabberd_oauth:
    'ip: "127.0.0.1" at the ejabberd_http listener, with a proxy before it that limits bodies to 16 KB',
};

/** The HTTP modules that are sent a password or a token. */
const secretHandlers: ReadonlySet<unknown> = new Set([
  "ejabberd_http_ws",
  "mod_bosh",
  "mod_mqtt",
  "ejabberd_oauth",
  "mod_http_api",
  "ejabberd_web_admin",
  "mod_register_web",
]);

/** What each listener lets through: secrets without TLS, and passwords that are too long. */
export const listenerRules: readonly Rule<EjabberdListener>[] = [
  {
    code: "plain-without-tls",
    applies: isC2s,
    find({ options, hasTls, isLoopback, port, where }) {
      if (options.starttls_required === true || hasTls || isLoopback) return undefined;
      return { what: `the listener on port ${port} takes logins without TLS`, where };
    },
  },
  {
    code: "stanza-limit",
    // mod_mayfly refuses logins that are too long before they come to a program.
    applies: (listener) => isC2s(listener) && !listener.config.hasModule("mod_mayfly"),
    find({ options, port, where }) {
      const limit = Number(options.max_stanza_size);
      if (limit <= 65_536) return undefined;
      const isSet = options.max_stanza_size !== undefined;
      const setting = isSet ? `max_stanza_size: ${limit}` : "no max_stanza_size:";
      const what = `the listener on port ${port} has ${setting}`;
      return { what, where, ...fatalPassword };
    },
  },
  {
    code: "stanza-limit",
    applies: (listener) => isMqtt(listener) && !listener.config.isNative,
    find({ options, port, where }) {
      if (Number(options.max_payload_size) <= 65_000) return undefined;
      const what = `the MQTT listener on port ${port} takes passwords that are too long for the program`;
      const fix = "max_payload_size: 65000 at the mod_mqtt listener";
      return { what, where, ...fatalPassword, fix };
    },
  },
  {
    code: "plain-without-tls",
    applies: isMqtt,
    find({ hasTls, isLoopback, port, where }) {
      if (hasTls || isLoopback) return undefined;
      const what = `the MQTT listener on port ${port} takes logins without TLS`;
      return { what, where, fix: "tls: true at the mod_mqtt listener, or take it out" };
    },
  },
  {
    code: "stanza-limit",
    applies: (listener) => isPublicWeb(listener) && !listener.config.isNative,
    find({ config, handlers, port, where }) {
      // BOSH has a limit of its own.
      const isGuarded = config.hasModule("mod_mayfly_guard") || config.hasModule("mod_mayfly");
      return handlers.flatMap(([path, module]) => {
        const fix = sizeFixes[String(module)];
        if (fix === undefined || (module === "ejabberd_http_ws" && isGuarded)) return [];
        const what = `${path} on port ${port} takes passwords that are too long for the program`;
        return [{ what, where, ...fatalPassword, fix }];
      });
    },
  },
  {
    code: "plain-without-tls",
    applies: isPublicWeb,
    find({ handlers, hasTls, port, where }) {
      const paths = handlers.filter(([, it]) => secretHandlers.has(it)).map(([path]) => path);
      if (paths.length === 0 || hasTls) return undefined;
      const what = `${paths.join(", ")} on port ${port} takes logins without TLS`;
      const fix =
        'tls: true at the ejabberd_http listener, or ip: "127.0.0.1" with a proxy before it';
      return { what, where, fix };
    },
  },
];

function isC2s({ module }: EjabberdListener): boolean {
  return module === "ejabberd_c2s";
}

function isMqtt({ module }: EjabberdListener): boolean {
  return module === "mod_mqtt";
}

function isPublicWeb({ module, isLoopback }: EjabberdListener): boolean {
  return module === "ejabberd_http" && !isLoopback;
}
