import type { MintedCredential } from "../../credential/index.ts";
import { type Observation, observe } from "../findings/finding.ts";
import { type Check, type DoctorContext, present } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

/** The lifetime of a credential that expires during the run. */
const lifetimeSeconds = 4;
/** The wait after its expiry before it is presented again: the clocks tick in seconds. */
const marginSeconds = 1.5;

/** A credential that the server accepted, and one with the same expiry that it has not seen. */
interface Waiting {
  used: MintedCredential;
  unused: MintedCredential;
  /** When both have expired, by the server's clock. */
  over: number;
}

/**
 * Two checks, with others between them while a credential expires: whether the server caches passwords,
 * and whether its clock agrees with ours.
 */
export function expiryChecks(): { before: Check; after: Check } {
  let waiting: Waiting | undefined;
  return {
    before: {
      name: "second credential",
      waitLabel: "a login with a second credential",
      async run(context) {
        const refused = await present(context, await context.credentials.fresh(context.user));
        if (!refused.ok) {
          const what = `after one credential for a user, the server refuses a second (${refused.condition})`;
          return [observe("auth-cache", what)];
        }
        const { credentials } = context;
        const over =
          Math.floor(credentials.now) + Math.min(lifetimeSeconds, credentials.policy.maxTtl);
        const used = await credentials.expiringAt(randomUser(), over);
        if (!(await present(context, used)).ok) return [ahead()];
        waiting = {
          used,
          unused: await credentials.expiringAt(randomUser(), over),
          over: over + marginSeconds,
        };
        return [];
      },
    },
    after: {
      name: "expired while we waited",
      waitLabel: "a credential to expire",
      async run(context) {
        if (!waiting) return [];
        const { used, unused, over } = waiting;
        const left = over - context.credentials.now;
        await new Promise((resolve) => setTimeout(resolve, left * 1000));
        if ((await present(context, unused)).ok) return [await behind(context)];
        if (!(await present(context, used)).ok) return [];
        const what = "the server accepts a credential again after it expired";
        return [observe("auth-cache", what)];
      },
    },
  };
}

function ahead(): Observation {
  const what = `the server refuses a credential ${lifetimeSeconds - 1} s before its expiry: its clock is ahead`;
  return observe("clock", what, { severity: "warning" });
}

async function behind(context: DoctorContext): Promise<Observation> {
  const { credentials } = context;
  const isFar = (
    await present(context, await credentials.expiringAt(randomUser(), credentials.now - 60))
  ).ok;
  const time = isFar ? "more than a minute" : "seconds";
  const what = `the server accepts a credential ${time} after its expiry: its clock is behind, or its leeway longer`;
  return observe("clock", what, { severity: isFar ? "error" : "warning" });
}
