import type { Decision, VerifyRequest } from "../verify/index.ts";

interface Verifier {
  verify(login: VerifyRequest): Decision | Promise<Decision>;
}

/** Gives the decision of a verifier, which it may ask again while the store is down. */
type Hold = (verifier: Verifier, login: VerifyRequest) => Decision | Promise<Decision>;

const retryMs = 200;
// ejabberd sends a program one request at a time, and the other logins wait for it. After 30 s ejabberd
// gives up on a login and restarts the program. So one outage delays logins no longer than this in all.
const maxOutageMs = 15_000;

/**
 * A function that holds back refusals with the reason `store-unavailable`, and decides again until the
 * store is back. ejabberd would tell the user that the password is wrong, and `mod_fail2ban` would
 * count the refusal.
 *
 * @param holdMs - how long one login is held back at most, in milliseconds
 */
export function createHold(holdMs: number): Hold {
  let downSince = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  return (verifier, login) => {
    const decision = verifier.verify(login);
    // A decision that is there at once did not ask the store, and would be the same again.
    return decision instanceof Promise ? wait(decision, verifier, login) : decision;
  };

  async function wait(
    first: Promise<Decision>,
    verifier: Verifier,
    login: VerifyRequest,
  ): Promise<Decision> {
    let decision = await first;
    const started = performance.now();
    for (; ; decision = await verifier.verify(login)) {
      if (decision.ok) failedAt = Number.NEGATIVE_INFINITY;
      if (decision.ok || decision.reason !== "store-unavailable") return decision;
      const now = performance.now();
      if (now - failedAt > maxOutageMs) downSince = now;
      failedAt = now;
      if (now - started >= holdMs || now - downSince >= maxOutageMs) return decision;
      await new Promise((done) => setTimeout(done, retryMs));
    }
  }
}
