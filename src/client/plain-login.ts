import { MayflyError } from "../error.ts";
import { chooseMechanism } from "./choose.ts";
import type { Connection } from "./connection.ts";
import { leave } from "./leave.ts";
import { logIn } from "./login.ts";
import type { MintedCredential, Source } from "./source.ts";
import { type Listeners, supplyFrom } from "./supply.ts";

// Structural, so that no type package is needed; `any` is what @types/xmpp__client accepts.
// biome-ignore lint/suspicious/noExplicitAny: `unknown` is not assignable to its parameters
type Authenticate = (credentials: any, mechanism: string, userAgent: any) => Promise<void>;

/** A login by minted credentials, with the mechanisms that the client has. */
export interface PlainLogin {
  /** For the `credentials` option of `@xmpp/client`. */
  credentials(
    authenticate: Authenticate,
    mechanisms: string[],
    fast: unknown,
    connection: Connection,
  ): Promise<void>;
  /** The credential itself, for other clients; minted anew from shortly before it expires. */
  credential(): Promise<MintedCredential>;
  /** Has the next credential minted anew, where a server has refused this one. */
  forget(credential: MintedCredential): void;
}

/** How to log in. */
export interface LoginOptions extends Listeners {
  /**
   * Asks servers with SASL2 for a FAST token, and reconnects with it. Such a token is good for
   * weeks, and no credential is minted as long: revoking and signing out do not end it.
   *
   * It is the `user-agent` of this device: `xml("user-agent", { id })`, the id a UUID to keep.
   */
  fast?: object;
}

/** What `@xmpp/client` knows of FAST on a stream. */
interface Fast {
  /** With none, no token is asked for. */
  mechanism: string | null;
  fetch(): Promise<unknown>;
}

/**
 * {@link mayfly} without X-OAUTH2 and OAUTHBEARER, for a page that logs in by PLAIN and counts bytes.
 */
export function plainLogin(options: Source & LoginOptions): PlainLogin {
  const supply = supplyFrom(options, options);
  return {
    credential: () => supply.credential() as Promise<MintedCredential>, // whoever asks here stays
    forget: supply.forget,
    async credentials(authenticate, mechanisms, fast, connection) {
      const { socket } = connection;
      const isGone = () => connection.socket !== socket;
      const token = async () => (options.fast ? (fast as Fast | null)?.fetch() : undefined);
      if (fast && !options.fast) (fast as Fast).mechanism = null;
      let failure: unknown;
      try {
        if (!connection.isSecure()) {
          throw new MayflyError("ERR_INSECURE", "not encrypted: connect by wss:");
        }
        const present = async (credential: MintedCredential) => {
          const { username, password, authzid } = credential;
          const mechanism = chooseMechanism(credential, mechanisms);
          const presented = { username, password, authzid, token: await token() };
          await authenticate(presented, mechanism, options.fast);
        };
        await logIn({ present, anyAge: Boolean(await token()), isGone }, supply, options);
      } catch (error) {
        failure = error;
      }
      // @xmpp/client has asked again on its next stream, and would take an answer to this for one.
      if (isGone()) return new Promise(() => {});
      if (failure) {
        leave(connection, (failure as MayflyError).code !== "ERR_UNAVAILABLE");
        throw failure;
      }
    },
  };
}
