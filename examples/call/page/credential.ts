import type { MintedCredential } from "mayfly/client";

/** What the app server minted, as SIP and TURN take it. */
export interface Credential {
  /** `<expiry>:<bare JID>`, the expiry in Unix seconds. */
  username: string;
  /** The MAC over the username, in base64. */
  password: string;
  /** Seconds that it lives from now on. */
  ttl: number;
  /** Where the relay is (RFC 7065). */
  uris: string[];
}

/** There is no credential, because nobody is signed in. */
export class SignedOutError extends Error {}

/**
 * Asks the app server for a credential, by TURN REST; the browser sends the cookie of who is signed in.
 *
 * @throws SignedOutError, or another Error that says why there is none.
 */
export async function fetchCredential(): Promise<Credential> {
  // Anybody on the way could use it; within this machine there is nobody.
  if (!isSecureContext) throw new Error("not encrypted: open the page by https:");
  const response = await fetch("/credentials?service=turn").catch(() => {
    throw new Error("the app server cannot be reached");
  });
  if (!response.ok) {
    const { status } = response;
    const NoCredential = status === 401 ? SignedOutError : Error;
    throw new NoCredential(`the app server gives no credential: ${status}`);
  }
  return response.json();
}

/** The same credential as XMPP takes it: the expiry stands in the password, not in the username. */
export function forXmpp({ username, password, ttl }: Credential): MintedCredential {
  const [expiry = "", jid = ""] = username.split(/:(.*)/);
  const [localpart = ""] = jid.split("@");
  const expires = Number(expiry);
  return { jid, username: localpart, password: `${expiry}:${password}`, ttl, expires };
}

/** The same with another MAC, which nobody minted. */
export function tampered({ password, ...credential }: Credential): Credential {
  return { ...credential, password: (password[0] === "A" ? "B" : "A") + password.slice(1) };
}
