import { createRenewal, type Renewal, type RenewalEvents } from "./renewal.ts";
import type { SipLogin } from "./sip-login.ts";

/** The message that a `Registerer` sends anew each time; SIP.js's types have it private. */
interface RegisterRequest {
  headers: { Authorization?: string[] };
}

interface Rejection {
  message: { statusCode?: number | undefined; reasonPhrase?: string | undefined };
}

interface Emitter {
  addListener(listener: (state: string) => void): void;
  removeListener(listener: (state: string) => void): void;
}

/** A `UserAgent` of SIP.js, as far as {@link renewSipJs} uses it. */
export interface SipJsUserAgent {
  /** Read at each challenge. */
  configuration: { authorizationUsername: string; authorizationPassword: string };
  isConnected(): boolean;
  transport: { stateChange: Emitter };
}

/** A `Registerer` of SIP.js, as far as {@link renewSipJs} uses it. */
export interface SipJsRegisterer {
  register(options: {
    requestDelegate: {
      onAccept(): void;
      onReject(response: Rejection): void;
    };
  }): Promise<unknown>;
  stateChange: Emitter;
}

/**
 * Keeps a `Registerer` of SIP.js registered: registers on each connection, re-registers with a fresh username
 * before its credential expires, and once more where the server refuses it. Calls go on meanwhile.
 *
 * @example
 * ```ts
 * const login = sipLogin({ url: "/credentials?service=sip" });
 * const { uri, username, password } = await login.getCredential();
 * const phone = new UserAgent({
 *   uri: UserAgent.makeURI(uri),
 *   transportOptions: { server: "wss://sip.example.com" },
 *   authorizationUsername: username,
 *   authorizationPassword: password,
 * });
 * renewSipJs(phone, new Registerer(phone), login);
 * await phone.start();
 * ```
 */
export function renewSipJs(
  userAgent: SipJsUserAgent,
  registerer: SipJsRegisterer,
  login: SipLogin,
  events: RenewalEvents = {},
): Renewal {
  let isPending = false;
  const telephone = {
    present({ username, password }: { username: string; password: string }) {
      userAgent.configuration.authorizationUsername = username;
      userAgent.configuration.authorizationPassword = password;
      // SIP.js 0.21 would send the last REGISTER's Authorization again, with the last username.
      delete (registerer as { request?: RegisterRequest }).request?.headers.Authorization;
    },
    register() {
      if (isPending || !userAgent.isConnected()) return; // it is registered once it is connected again
      isPending = true;
      const requestDelegate = {
        onAccept() {
          isPending = false;
          registered();
        },
        onReject({ message }: Rejection) {
          isPending = false;
          // SIP.js takes no next request before this one has returned.
          setTimeout(() => failed(message.statusCode, message.reasonPhrase));
        },
      };
      registerer.register({ requestDelegate }).catch(() => {
        isPending = false;
        failed();
      });
    },
  };
  const { renew, stop, registered, failed } = createRenewal(login, telephone, events);
  const onTransport = (state: string) => {
    if (state === "Connected") telephone.register();
    if (state === "Disconnected") isPending = false;
  };
  const onState = (state: string) => {
    // SIP.js refreshes a registration by itself, and does not say why that failed.
    if (state === "Unregistered" && !isPending) failed();
  };
  letRefreshFail(registerer);
  userAgent.transport.stateChange.addListener(onTransport);
  registerer.stateChange.addListener(onState);
  return {
    renew,
    stop() {
      stop();
      userAgent.transport.stateChange.removeListener(onTransport);
      registerer.stateChange.removeListener(onState);
    },
  };
}

/**
 * Has SIP.js refresh a registration while a REGISTER is under way without an unhandled rejection, which would
 * end a Node process: its timer leaves the promise alone. An app that awaits it still gets the error.
 */
function letRefreshFail(registerer: SipJsRegisterer): void {
  const register = registerer.register.bind(registerer);
  registerer.register = (options) => {
    const sent = register(options);
    sent.catch(() => {});
    return sent;
  };
}
