import { UA, WebSocketInterface } from "jssip";
import type { EndEvent } from "jssip/lib/RTCSession.js";
import type { RTCSessionEvent } from "jssip/lib/UA.js";
import { renewJsSip, sipLogin } from "mayfly/sip";
import type { Credential } from "./credential.ts";

/** What a page wants to hear of its telephone. */
export interface PhoneWatcher {
  registered(): void;
  /** The connection is gone; it comes back by itself. */
  lost(): void;
  /** The server refuses the credential. */
  refused(reason: string): void;
  /** A call begins: to somebody, or from somebody, who waits for an answer. */
  began(call: Call): void;
}

/** What a page wants to hear of a call. */
export interface CallWatcher {
  /** It was answered: the media comes by this connection. */
  answered(peer: RTCPeerConnection): void;
  ended(reason: string): void;
}

/** A call. */
export interface Call {
  /** The name of the other. */
  other: string;
  isIncoming: boolean;
  watch(watcher: CallWatcher): void;
  /** @param media - how the media is to go */
  answer(media: RTCConfiguration): void;
  /** Ends it, or declines it. */
  hangUp(): void;
}

/** A telephone: it registers by itself, again and again while its credential is good. */
export interface Phone {
  /** Registers with another credential; a call goes on. */
  present(credential: Credential): void;
  /** @param media - how the media is to go */
  call(address: string, media: RTCConfiguration): void;
  /** Ends all calls, and the registration. */
  close(): void;
}

const sound = { audio: true, video: false };

/**
 * Registers at a SIP server, by WebSocket.
 *
 * @throws Error where the connection would not be encrypted, and leaves this machine.
 */
export function pickUp(service: string, credential: Credential, watcher: PhoneWatcher): Phone {
  const { username, password, ttl } = credential;
  let current = credential;
  // The page decides when there is a new one. In an app of your own: sipLogin({ url: "/credentials?service=sip" }).
  const login = sipLogin({
    mint: () => ({ ...current, expires: Number.parseInt(current.username, 10) }),
  });
  if (!/^wss:|^ws:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(service)) {
    throw new Error("not encrypted: connect by wss:");
  }
  const phone = new UA({
    sockets: [new WebSocketInterface(service)],
    uri: `sip:${username.split(/:(.*)/)[1]}`,
    authorization_user: username,
    password,
    register_expires: ttl, // no longer than its credential
    session_timers: false,
  });
  phone.on("registered", watcher.registered);
  phone.on("disconnected", watcher.lost);
  phone.on("registrationFailed", ({ response, cause }) => {
    const { status_code, reason_phrase } = response ?? {};
    watcher.refused(status_code ? `${status_code} ${reason_phrase}` : String(cause));
  });
  phone.on("newRTCSession", ({ session }: RTCSessionEvent) => {
    watcher.began({
      other: session.remote_identity.uri.user,
      isIncoming: session.direction === "incoming",
      watch({ answered, ended }) {
        session.on("confirmed", () => answered(session.connection));
        session.on("ended", ({ cause }: EndEvent) => ended(cause));
        session.on("failed", ({ cause }: EndEvent) => ended(cause));
      },
      answer: (media) => session.answer({ mediaConstraints: sound, pcConfig: media }),
      hangUp: () => session.terminate(),
    });
  });
  const renewal = renewJsSip(phone, login);
  phone.start();

  return {
    present(next) {
      current = next;
      login.forget();
      if (!phone.isRegistered()) return void renewal.renew();
      // It says `registered` of the first time alone, so that it gives up the last one first.
      phone.once("unregistered", () => renewal.renew());
      phone.unregister();
    },
    call: (address, media) =>
      void phone.call(`sip:${address}`, { mediaConstraints: sound, pcConfig: media }),
    close() {
      renewal.stop();
      phone.removeAllListeners(); // that it is gone is no news
      phone.stop();
    },
  };
}
