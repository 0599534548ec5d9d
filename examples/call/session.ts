/** Who is signed in to the app server, and where they chat and call. */
export interface Session {
  user: string;
  /** The XMPP host and SIP domain that everybody is on. */
  host: string;
  /** The addresses of the WebSockets; one without a host is the page's own. */
  xmpp: string;
  sip: string;
}
