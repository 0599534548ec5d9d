import type { MintedCredential } from "../credential/credential.ts";
import { MayflyError } from "../error.ts";
import type { CredentialCache, LoginEvents } from "./credential-cache.ts";
import { backoffDelay, sleep, withTimeout } from "./timing.ts";

/** One login, from the client's `credentials` call until it succeeds or fails. */
export interface LoginAttempt {
  /** Presents a credential to the server. */
  present(credential: MintedCredential): Promise<void>;
  /** Whether an expired credential may be presented first: with a FAST token it is not verified. */
  anyAge: boolean;
  /** Whether the connection of this login is gone. */
  isGone(): boolean;
}

// Longer than the 30 s that servers wait for their authentication backend.
const timeoutMs = 40_000;
/** Time to wait for a credential before the login fails with `ERR_UNAVAILABLE`. */
const mintTimeoutMs = 20_000;
const maxRetries = 3;

/**
 * Logs in. Mints a new credential once if the server refuses one, and retries up to three times if the
 * server reports a temporary failure. Returns early if the connection is gone.
 *
 * @throws {@link MayflyError}
 */
export async function logIn(
  { present, anyAge, isGone }: LoginAttempt,
  supply: CredentialCache,
  { onRetry }: LoginEvents,
): Promise<void> {
  let retries = 0;
  let renewed = false;
  let credential = await obtain(anyAge);
  while (credential && !isGone()) {
    const presented = credential;
    try {
      return await withTimeout(timeoutMs, () => present(presented));
    } catch (cause) {
      const { error, condition, passes } = describeFailure(cause);
      if (condition && passes && retries < maxRetries) {
        const pause = backoffDelay(++retries);
        onRetry?.(error, pause);
        await sleep(pause);
        continue;
      }
      if (!passes) supply.forget(presented);
      if (renewed || !/^(not-auth|credentials-exp|account-dis)/.test(condition)) throw error;
      renewed = true;
      credential = await obtain();
      if (credential?.password === presented.password) throw error;
    }
  }

  async function obtain(allowExpired = false): Promise<MintedCredential | undefined> {
    let isLate = () => false;
    try {
      return await withTimeout(mintTimeoutMs, (signal) => {
        isLate = () => signal.aborted;
        return supply.credential(() => isLate() || isGone(), allowExpired);
      });
    } catch (error) {
      if (!isLate()) throw error;
      const cause = supply.failure ?? (error as Error);
      throw new MayflyError("ERR_UNAVAILABLE", `no credential yet: ${cause.message}`, { cause });
    }
  }
}

/**
 * The error of a failed login, the server's condition, and whether the failure is temporary.
 *
 * @throws the cause itself where it is an error of ours
 */
function describeFailure(cause: unknown) {
  if (cause instanceof MayflyError) throw cause;
  const { condition = "", message } = cause as Error & { condition?: string };
  const passes = /^(temporary-auth-failure)?$/.test(condition);
  const code = passes ? "ERR_UNAVAILABLE" : codeOf(condition);
  const error = new MayflyError(code, `the login failed: ${message}`, { cause });
  return { error, condition, passes };
}

/** Mayfly's server modules say `account-disabled` where a credential is revoked or used up. */
function codeOf(condition: string): "ERR_REVOKED" | "ERR_REFUSED" {
  return condition === "account-disabled" ? "ERR_REVOKED" : "ERR_REFUSED";
}
