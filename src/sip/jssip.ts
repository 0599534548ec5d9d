import { createRenewal, type Renewal, type RenewalEvents } from "./renewal.ts";
import type { SipLogin } from "./sip-login.ts";

/** A `UA` of JsSIP, as far as {@link renewJsSip} uses it. */
export interface JsSipUserAgent {
  set(parameter: "authorization_user" | "password", value: string): boolean;
  register(): void;
  isConnected(): boolean;
  on(event: "registered" | "registrationFailed", listener: Listener): unknown;
  removeListener(event: "registered" | "registrationFailed", listener: Listener): unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: JsSIP's own types name the listeners of each event
type Listener = (event: any) => void;

interface Failure {
  response?: { status_code: number; reason_phrase: string } | null;
}

/**
 * Keeps a `UA` of JsSIP registered: re-registers with a fresh username before its credential expires, and
 * once more where the server refuses it. Calls go on meanwhile.
 *
 * @example
 * ```ts
 * const login = sipLogin({ url: "/credentials?service=sip" });
 * const { uri, username, password } = await login.getCredential();
 * const sockets = [new WebSocketInterface("wss://sip.example.com")];
 * const phone = new UA({ sockets, uri, authorization_user: username, password });
 * renewJsSip(phone, login);
 * phone.start();
 * ```
 */
export function renewJsSip(
  userAgent: JsSipUserAgent,
  login: SipLogin,
  events: RenewalEvents = {},
): Renewal {
  const telephone = {
    present({ username, password }: { username: string; password: string }) {
      userAgent.set("authorization_user", username);
      userAgent.set("password", password);
    },
    register: () => userAgent.register(),
  };
  const { renew, stop, registered, failed } = createRenewal(login, telephone, events);
  const onFailed = ({ response }: Failure) => {
    // Without a connection it registers by itself once there is one again.
    if (response || userAgent.isConnected()) failed(response?.status_code, response?.reason_phrase);
  };
  userAgent.on("registered", registered);
  userAgent.on("registrationFailed", onFailed);
  return {
    renew,
    stop() {
      stop();
      userAgent.removeListener("registered", registered);
      userAgent.removeListener("registrationFailed", onFailed);
    },
  };
}
