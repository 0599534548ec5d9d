import type { MintedCredential } from "../credential/credential.ts";
import { MayflyError } from "../error.ts";
import {
  type Authenticate,
  type LoginOptions,
  type PlainLogin,
  plainLogin,
} from "./plain-login.ts";

/** Source of an identity provider's tokens. */
export interface TokenSource {
  /**
   * Returns the user's access token, as the library of the provider has it: the renewed one, where it renews
   * them. A JWT is kept until shortly before its `exp`; for an opaque token this is called at each login.
   * Without a token the server is asked for its provider (XEP-0493), and this is called again. If there is
   * still none, the login ends with `ERR_MINT`.
   *
   * @param signal - aborts after 10 s, when the token would be too late
   * @param discovery - URL of the provider's OpenID configuration, once a server has named it
   */
  token: (
    signal: AbortSignal,
    discovery?: string,
  ) => string | undefined | Promise<string | undefined>;
  /**
   * URL of `/credentials`, which exchanges the token for a credential: for servers that have neither
   * OAUTHBEARER nor X-OAUTH2, and for `getCredential`.
   */
  exchange?: string | URL;
  /** Own `fetch` for the exchange. @defaultValue the global `fetch` */
  fetch?: typeof globalThis.fetch;
}

/**
 * Creates a login with an identity provider's token: by OAUTHBEARER, or by X-OAUTH2 if `jid` says whom it
 * is for, because X-OAUTH2 names the user beside the token. If the server offers neither, the token is
 * exchanged.
 */
export function tokenLogin(options: TokenSource & LoginOptions): PlainLogin {
  const { exchange, jid, fetch = globalThis.fetch } = options;
  let mechanism = "OAUTHBEARER";
  let discovery: string | undefined;
  let askServer: (() => Promise<string | undefined>) | undefined;

  const direct = plainLogin({
    ...options,
    mint: async (signal) => credentialOf(await obtain(signal), mechanism, jid),
  });
  const exchanged =
    exchange === undefined
      ? undefined
      : plainLogin({ ...options, url: exchange, fetch: fetchWithToken });
  const { getCredential } = exchanged ?? direct;

  return {
    getCredential,
    credential: getCredential,
    forget(credential) {
      direct.forget(credential);
      exchanged?.forget(credential);
    },
    credentials(authenticate, mechanisms, fast, connection) {
      const wanted = ["OAUTHBEARER", ...(jid === undefined ? [] : ["X-OAUTH2"])];
      const chosen = wanted.find((name) => mechanisms.includes(name));
      if (!chosen && exchanged) {
        return exchanged.credentials(authenticate, mechanisms, fast, connection);
      }
      mechanism = chosen ?? mechanism;
      askServer = chosen === "OAUTHBEARER" ? () => findProvider(authenticate) : undefined;
      return direct.credentials(authenticate, mechanisms, fast, connection);
    },
  };

  async function obtain(signal: AbortSignal): Promise<string> {
    let token = await options.token(signal, discovery);
    if (!token && discovery === undefined) {
      discovery = await askServer?.();
      if (discovery !== undefined) token = await options.token(signal, discovery);
    }
    if (!token) throw new MayflyError("ERR_MINT", "there is no token of the identity provider");
    return token;
  }

  /** Sends the token along. What the page itself is loaded by is good enough for it; else it takes TLS. */
  async function fetchWithToken(
    input: Parameters<typeof globalThis.fetch>[0],
    init: RequestInit = {},
  ): Promise<Response> {
    assertEncrypted(String(input));
    const token = await obtain(init.signal ?? new AbortController().signal);
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  }
}

/** A token as a credential that expires with it; an opaque one at once, so that the next login asks again. */
function credentialOf(token: string, mechanism: string, jid = ""): MintedCredential {
  const expires = expiryOf(token);
  const ttl = Math.max(expires - Math.floor(Date.now() / 1000), 0);
  const username = jid.replace(/@.*/, "") || "-"; // OAUTHBEARER does not send it
  const authzid = mechanism === "OAUTHBEARER" && jid ? { authzid: jid } : {};
  return { jid, username, password: token, mechanism, ...authzid, ttl, expires };
}

/** The `exp` of a JWT; 0 for other tokens. */
function expiryOf(token: string): number {
  try {
    const payload = token.split(".")[1] ?? "";
    const { exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return Number.isFinite(exp) ? Math.floor(exp) : 0;
  } catch {
    return 0;
  }
}

/**
 * Asks a server for its identity provider, with an empty token. The refusal is expected.
 *
 * @see {@link https://xmpp.org/extensions/xep-0493.html}
 */
async function findProvider(authenticate: Authenticate): Promise<string | undefined> {
  let found: string | undefined;
  const discover = (url: string | undefined) => {
    found = url;
  };
  await authenticate({ discover }, "OAUTHBEARER", undefined).catch((error) => {
    if (error?.condition === undefined) throw error; // the connection is gone
  });
  return found;
}

/** @throws {@link MayflyError} `ERR_INSECURE` for a URL that others on the network can read */
function assertEncrypted(url: string): void {
  const isRelative = !/^[a-z][a-z0-9+.-]*:/i.test(url);
  if (isRelative || /^(https:|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/])/i.test(url))
    return;
  throw new MayflyError("ERR_INSECURE", "not encrypted: exchange the token at an https: URL");
}
