import type { MintedCredential } from "../credential/index.ts";
import { nobody } from "./mints.ts";
import { type Check, type Patient, present } from "./patient.ts";
import { type Sighting, saw } from "./sighting.ts";

/** How many seconds a credential lives that is to expire while we wait. */
const life = 4;
/** How long after its end it is presented again: the clocks tick in seconds. */
const margin = 1.5;

/** A credential that has been accepted, and one of the same life that nobody has seen yet. */
interface Waiting {
  used: MintedCredential;
  unused: MintedCredential;
  /** When both have expired, by the server's clock. */
  over: number;
}

/**
 * Two checks, between which others are done while a credential expires: whether the server remembers
 * what it accepted, and whether its clock is ours.
 */
export function checksOfExpiry(): { before: Check; after: Check } {
  let waiting: Waiting | undefined;
  return {
    before: {
      name: "second credential",
      waitsFor: "a login with a second credential",
      async run(patient) {
        const refused = await present(patient, await patient.mints.fresh(patient.user));
        if (!refused.ok) {
          const what = `after one credential for a user, a second is refused (${refused.condition})`;
          return [saw("auth-cache", what)];
        }
        const { mints } = patient;
        const over = Math.floor(mints.now) + Math.min(life, mints.policy.maxTtl);
        const used = await mints.ending(nobody(), over);
        if (!(await present(patient, used)).ok) return [ahead()];
        waiting = { used, unused: await mints.ending(nobody(), over), over: over + margin };
        return [];
      },
    },
    after: {
      name: "expired while we waited",
      waitsFor: "a credential to expire",
      async run(patient) {
        if (!waiting) return [];
        const { used, unused, over } = waiting;
        const left = over - patient.mints.now;
        await new Promise((resolve) => setTimeout(resolve, left * 1000));
        if ((await present(patient, unused)).ok) return [await behind(patient)];
        if (!(await present(patient, used)).ok) return [];
        const what = "a credential that was accepted is accepted again after it expired";
        return [saw("auth-cache", what)];
      },
    },
  };
}

function ahead(): Sighting {
  const what = `a credential with ${life - 1} s to live is refused: the server's clock is ahead`;
  return saw("clock", what, { severity: "warning" });
}

async function behind(patient: Patient): Promise<Sighting> {
  const { mints } = patient;
  const isFar = (await present(patient, await mints.ending(nobody(), mints.now - 60))).ok;
  const time = isFar ? "more than a minute" : "seconds";
  const what = `a credential is accepted ${time} after its end: the server's clock is behind, or its leeway longer`;
  return saw("clock", what, { severity: isFar ? "error" : "warning" });
}
