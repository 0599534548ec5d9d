/** Who is signed in, and where they chat and call. */
export interface Session {
  /** Left out where `mayfly serve` signs users in, by `http.sign_in`: there the credential names them. */
  user?: string;
  /** The XMPP host and SIP domain that everybody is on. */
  host: string;
  /** The addresses of the WebSockets; one without a host is the page's own. */
  xmpp: string;
  sip: string;
}
