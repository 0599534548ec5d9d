import { install } from "./install.ts";
import { type LoginOptions, type PlainLogin, plainLogin } from "./plain-login.ts";
import type { Source } from "./source.ts";

/** A login by minted credentials. */
export interface Login extends PlainLogin {
  /** Adds X-OAUTH2 and OAUTHBEARER to a client of `@xmpp/client`. Without, it has only PLAIN. */
  install(xmpp: object): void;
}

/**
 * A login that takes its credentials from a URL or a function.
 *
 * @example
 * ```ts
 * import { client } from "@xmpp/client";
 * import { mayfly } from "mayfly/client";
 *
 * const login = mayfly({ url: "/credentials" });
 * const xmpp = client({
 *   service: "wss://chat.example.com/ws",
 *   domain: "example.com",
 *   credentials: login.credentials,
 * });
 * login.install(xmpp);
 * ```
 */
export function mayfly(options: Source & LoginOptions): Login {
  return { ...plainLogin(options), install };
}
