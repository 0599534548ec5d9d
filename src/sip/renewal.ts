import { backoffDelay } from "../client/timing.ts";
import { MayflyError } from "../error.ts";
import type { SipCredential, SipLogin } from "./sip-login.ts";

/** Callbacks for an app. */
export interface RenewalEvents {
  /** Called after a fresh credential was given to the telephone, for its next request. */
  onRenew?: (credential: SipCredential) => void;
  /**
   * Called when no further attempt is made: `ERR_REFUSED` after the server refused even a fresh credential,
   * `ERR_MINT` or `ERR_CREDENTIAL` when there is none. {@link Renewal.renew} begins again.
   */
  onError?: (error: MayflyError) => void;
}

/** A telephone that is kept registered. */
export interface Renewal {
  /** Registers now, with a fresh credential if the last one is about to expire; a call goes on. */
  renew(): Promise<void>;
  /** Renews no more. Call it before the telephone is unregistered or stopped. */
  stop(): void;
}

/** A telephone, as renewing needs it. */
export interface Telephone {
  /** Uses this credential from the next request on. */
  present(credential: SipCredential): void;
  /** Sends a REGISTER. */
  register(): void;
}

/** A renewal, and what its telephone reports. */
export interface RenewalControl extends Renewal {
  registered(): void;
  /** A REGISTER failed with this status, or without an answer. */
  failed(status?: number, phrase?: string): void;
}

const refusals = [401, 403, 407];
const maxTimerMs = 2 ** 31 - 1;

/** Renews a telephone's credential before it expires, and once more where the server refuses it. */
export function createRenewal(
  login: SipLogin,
  telephone: Telephone,
  { onRenew, onError }: RenewalEvents,
): RenewalControl {
  let presented: SipCredential | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let wasRefused = false;
  let failures = 0;
  void obtain(); // for the timer: the telephone itself has been given a credential when it was made

  return {
    renew() {
      wasRefused = false;
      return again();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
    registered() {
      wasRefused = false;
      failures = 0;
    },
    async failed(status = 0, phrase = "") {
      if (isStopped) return;
      if (!refusals.includes(status)) return after(backoffDelay(++failures), again);
      const refused = presented;
      if (refused && !wasRefused) {
        wasRefused = true;
        login.forget(refused);
        if ((await obtain())?.password !== refused.password) return telephone.register();
      }
      giveUp(new MayflyError("ERR_REFUSED", `the registration failed: ${status} ${phrase}`));
    },
  };

  /** Gets a credential, gives it to the telephone, and comes again before it expires. */
  async function obtain(): Promise<SipCredential | undefined> {
    try {
      const credential = await login.getCredential();
      if (isStopped) return undefined;
      if (credential.password !== presented?.password) {
        telephone.present(credential);
        onRenew?.(credential);
      }
      presented = credential;
      after(credential.renewAt - performance.now(), renewInTime);
      return credential;
    } catch (error) {
      giveUp(error as MayflyError);
      return undefined;
    }
  }

  async function again(): Promise<void> {
    if (await obtain()) telephone.register();
  }

  async function renewInTime(): Promise<void> {
    const last = presented?.password;
    const credential = await obtain();
    if (credential && credential.password !== last) telephone.register();
  }

  function after(timeMs: number, act: () => void): void {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(act, Math.min(Math.max(timeMs, 1000), maxTimerMs));
  }

  function giveUp(error: MayflyError): void {
    clearTimeout(timer);
    if (!isStopped) onError?.(error);
  }
}
