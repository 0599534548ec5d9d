import { nobody } from "./mints.ts";
import { type Check, type Patient, present } from "./patient.ts";
import { type Sighting, saw } from "./sighting.ts";
import { tamperings } from "./tamper.ts";

const hour = 3600;

/** Whether what has expired, or was changed, is refused. Each is for somebody else: nothing is remembered of them. */
export const checkForged: Check = {
  name: "expired and tampered credentials",
  waitsFor: "a refusal of a forged credential",
  async run(patient) {
    return [...(await checkExpired(patient)), ...(await checkTampered(patient))];
  },
};

async function checkExpired(patient: Patient): Promise<Sighting[]> {
  const { mints } = patient;
  const minted = await mints.ending(nobody(), mints.now - hour);
  if (!(await present(patient, minted)).ok) return [];
  return [saw("expired-accepted", "a credential that expired an hour ago logs in")];
}

async function checkTampered(patient: Patient): Promise<Sighting[]> {
  const findings: Sighting[] = [];
  for (const [part, change] of Object.entries(tamperings)) {
    const minted = await patient.mints.fresh(nobody());
    const changed = { ...minted, password: change(minted.password) };
    if (!(await present(patient, changed)).ok) continue;
    findings.push(saw("tampered-accepted", `a credential with another ${part} logs in`));
  }
  return findings.slice(0, 1);
}
