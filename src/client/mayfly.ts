import { MayflyError } from "../error.ts";
import { chooseMechanism } from "./choose.ts";
import { install } from "./install.ts";
import { type Connection, isSafe } from "./secure.ts";
import { mintFrom, type Source } from "./source.ts";

// Structural, so that no type package is needed; `any` is what @types/xmpp__client accepts.
// biome-ignore lint/suspicious/noExplicitAny: `unknown` is not assignable to its parameters
type Authenticate = (credentials: any, mechanism: string, userAgent: any) => Promise<void>;

/** A login by minted credentials. */
export interface Login {
  /** For the `credentials` option of `@xmpp/client`. Mints anew for every (re)connection. */
  credentials(
    authenticate: Authenticate,
    mechanisms: string[],
    fast: unknown,
    connection: Connection,
  ): Promise<void>;
  /** Adds X-OAUTH2 and OAUTHBEARER to a client of `@xmpp/client`. Only PLAIN is there without. */
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
 * ```
 */
export function mayfly(source: Source): Login {
  return {
    install,
    async credentials(authenticate, mechanisms, _fast, connection) {
      if (!isSafe(connection)) {
        throw new MayflyError("ERR_INSECURE", "the connection is not encrypted: connect by wss:");
      }
      const minted = await mintFrom(source);
      const { username, password, authzid } = minted;
      const mechanism = chooseMechanism(minted, mechanisms);
      // No user agent: with one, SASL2 would ask for a FAST token that outlives the credential.
      await authenticate({ username, password, ...(authzid && { authzid }) }, mechanism, undefined);
    },
  };
}
