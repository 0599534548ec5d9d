import { OAuthBearer, XOAuth2 } from "./mechanism.ts";

interface Factory {
  create(names: string[]): unknown;
  use(name: string, mechanism: new () => object): unknown;
}

/**
 * Adds X-OAUTH2 and OAUTHBEARER, for tokens, to a client of `@xmpp/client` that lacks them.
 *
 * @param xmpp - its types say nothing of the `saslFactory` that it has
 */
export function install(xmpp: object): void {
  const { saslFactory } = xmpp as { saslFactory: Factory };
  for (const Mechanism of [OAuthBearer, XOAuth2]) {
    const { name } = Mechanism.prototype;
    if (!saslFactory.create([name])) saslFactory.use(name, Mechanism);
  }
}
