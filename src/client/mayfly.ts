import { ignoreLateData } from "./connection.ts";
import type { CredentialSource } from "./credential-source.ts";
import { type Mechanism, OAuthBearer, XOAuth2 } from "./mechanism.ts";
import { type LoginOptions, type PlainLogin, plainLogin } from "./plain-login.ts";
import { type TokenSource, tokenLogin } from "./token-login.ts";

/** A login with minted credentials, for `@xmpp/client`. */
export interface Login extends PlainLogin {
  /**
   * Prepares a client of `@xmpp/client`, before it starts: adds the mechanisms X-OAUTH2 and OAUTHBEARER, which
   * it does not have, and lets an app stop it at any time.
   */
  install(xmpp: XmppClient): void;
}

/**
 * Creates a login that fetches its credentials from a URL or a function, or presents the token of an
 * identity provider: `mayfly({ token: () => user.access_token })`.
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
export function mayfly(options: (CredentialSource | TokenSource) & LoginOptions): Login {
  const login = "token" in options ? tokenLogin(options) : plainLogin(options);
  return { ...login, install };
}

/** The `saslFactory` of a client of `@xmpp/client`. */
export interface MechanismFactory {
  create(names: string[]): unknown;
  use(name: string, mechanism: new () => Mechanism): unknown;
}

/** A client of `@xmpp/client`, as far as {@link Login.install} uses it. */
export interface XmppClient {
  /** Every client has one, though `@types/xmpp__client` does not know it. */
  saslFactory?: MechanismFactory;
  start(): Promise<unknown>;
}

/**
 * Adds the mechanisms X-OAUTH2 and OAUTHBEARER to a `saslFactory` that lacks them, as plugins of
 * `@xmpp/client` do. `login.install` does it with the factory of its client.
 */
export function addMechanisms(saslFactory: MechanismFactory): void {
  for (const Added of [OAuthBearer, XOAuth2]) {
    const { name } = Added.prototype;
    if (!saslFactory.create([name])) saslFactory.use(name, Added);
  }
}

/** @throws `TypeError` for what is no client of `@xmpp/client` */
function install(xmpp: XmppClient): void {
  const { saslFactory } = xmpp;
  if (!saslFactory) throw new TypeError("install takes a client of @xmpp/client");
  addMechanisms(saslFactory);
  ignoreLateData(xmpp);
}
