import { MayflyError } from "../error.ts";
import { type Connection, closeConnection } from "./connection.ts";
import { createCredentialCache, type SupplyOptions } from "./credential-cache.ts";
import type { CredentialSource, MintedCredential } from "./credential-source.ts";
import { logIn } from "./login-retry.ts";
import { chooseMechanism } from "./mechanism.ts";
import { reportRevocation } from "./revoked.ts";
import { sendUtf8 } from "./utf8.ts";
import { warn } from "./warn.ts";

// Structural, so that no type package is needed; `any` is what @types/xmpp__client accepts.
// biome-ignore lint/suspicious/noExplicitAny: `unknown` is not assignable to its parameters
export type Authenticate = (credentials: any, mechanism: string, userAgent: any) => Promise<void>;

/** A login with minted credentials, using the mechanisms that the client has. */
export interface PlainLogin {
  /** Function for the `credentials` option of `@xmpp/client`. */
  credentials(
    authenticate: Authenticate,
    mechanisms: string[],
    fast: unknown,
    connection: Connection,
  ): Promise<void>;
  /**
   * Gets a credential, for clients other than `@xmpp/client`: the cached one until shortly before it
   * expires, and then a new one. While the source is down it is asked again, less and less often.
   *
   * @throws {@link MayflyError} `ERR_MINT`, `ERR_CREDENTIAL`
   */
  getCredential(): Promise<MintedCredential>;
  /** The same as {@link getCredential}, under its older name. */
  credential(): Promise<MintedCredential>;
  /**
   * Discards a credential that a server has refused, so that the next one is new; after several refusals
   * within a minute, minting is delayed. Without an argument, discards everything about a user who signs
   * out: stop the client first.
   */
  forget(credential?: MintedCredential): void;
}

/** Options of a login. */
export interface LoginOptions extends SupplyOptions {
  /**
   * Enables FAST (XEP-0484): requests a token from servers with SASL2, and reconnects with it. A FAST token
   * is valid for weeks, without a new credential: revoking and signing out do not invalidate it.
   *
   * The value is this device's `user-agent` element: `xml("user-agent", { id })`, with a UUID to keep.
   */
  fast?: object;
}

/** State of FAST on a stream, in `@xmpp/client`. */
interface Fast {
  /** The HT-* mechanism; with `null`, no token is requested. */
  mechanism: string | null;
  fetch(): Promise<unknown>;
  delete(): Promise<void>;
}

/**
 * Creates a login like {@link mayfly}, without X-OAUTH2 and OAUTHBEARER: a smaller bundle for pages that log
 * in with PLAIN.
 */
export function plainLogin(options: CredentialSource & LoginOptions): PlainLogin {
  const listeners = { ...options, onRetry: options.onRetry ?? warn };
  const supply = createCredentialCache(options, listeners);
  let isSignedOut = false;
  // Only an attempt of `credentials` can be gone, and then gets none.
  const getCredential = () => supply.credential() as Promise<MintedCredential>;
  return {
    getCredential,
    credential: getCredential,
    forget(credential) {
      isSignedOut ||= !credential;
      supply.forget(credential);
    },
    async credentials(authenticate, mechanisms, fast, connection) {
      const { socket } = connection;
      const isGone = () => connection.socket !== socket;
      const token = async () => (options.fast ? (fast as Fast | null)?.fetch() : undefined);
      if (fast && isSignedOut) {
        await (fast as Fast).delete(); // otherwise the token would log the next user in as the previous one
        isSignedOut = false;
      }
      if (fast && !options.fast) (fast as Fast).mechanism = null;
      let failure: unknown;
      try {
        if (!connection.isSecure()) {
          throw new MayflyError("ERR_INSECURE", "not encrypted: connect by wss:");
        }
        const present = async (credential: MintedCredential) => {
          const { username, password, authzid } = credential;
          reportRevocation(connection, () => supply.forget(credential));
          const mechanism = chooseMechanism(credential, mechanisms);
          if (/[^ -~]/.test(username + password + authzid)) sendUtf8(connection);
          const presented = { username, password, authzid, token: await token() };
          await authenticate(presented, mechanism, options.fast);
        };
        await logIn({ present, anyAge: Boolean(await token()), isGone }, supply, listeners);
      } catch (error) {
        failure = error;
      }
      // @xmpp/client has called again for its next stream, and would take this result for that one.
      if (isGone()) return new Promise(() => {});
      if (failure) {
        closeConnection(connection, (failure as MayflyError).code !== "ERR_UNAVAILABLE");
        throw failure;
      }
    },
  };
}
