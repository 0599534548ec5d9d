import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";
import { pauseAfter, sleep } from "./pause.ts";
import type { Listeners, Supply } from "./supply.ts";
import { within } from "./within.ts";

/** Somebody to log in. */
export interface Applicant {
  /** Presents a credential to the server. */
  present(credential: MintedCredential): Promise<void>;
  /** Whether an expired credential will do at first. */
  anyAge: boolean;
  /** Whether there is nobody left to log in. */
  isGone(): boolean;
}

// Servers themselves wait 30 s for whom they ask.
const patience = 40_000;
const mostRetries = 3;

/**
 * Logs in. What is refused is minted anew, once; what the server cannot decide now is tried again, a
 * few times. It ends early where there is nobody left to log in.
 *
 * @throws {@link MayflyError}
 */
export async function logIn(
  { present, anyAge, isGone }: Applicant,
  supply: Supply,
  { onRetry }: Listeners,
): Promise<void> {
  let retries = 0;
  let renewed = false;
  let credential = await supply.credential(isGone, anyAge);
  while (credential && !isGone()) {
    const presented = credential;
    try {
      return await within(patience, () => present(presented));
    } catch (cause) {
      if (cause instanceof MayflyError) throw cause;
      const { condition = "", message } = cause as Error & { condition?: string };
      const passes = /^(temporary-auth-failure)?$/.test(condition);
      const code = passes ? "ERR_UNAVAILABLE" : "ERR_REFUSED";
      const error = new MayflyError(code, `the login failed: ${message}`, { cause });
      if (condition && passes && retries < mostRetries) {
        const pause = pauseAfter(++retries);
        onRetry?.(error, pause);
        await sleep(pause);
      } else if (/^(not-auth|credentials-exp|account-dis)/.test(condition) && !renewed) {
        renewed = true;
        supply.forget(presented);
        credential = await supply.credential(isGone);
        if (credential?.password === presented.password) throw error;
      } else {
        throw error;
      }
    }
  }
}
