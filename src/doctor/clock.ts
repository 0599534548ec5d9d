import type { Patient } from "./patient.ts";
import { type Sighting, saw } from "./sighting.ts";

/** What `Date` and XEP-0202 leave open, and the network. */
const tolerance = 5;
const harm = 30;

/** Compares a server's clock with ours, and goes by it from then on. */
export function judgeClock(patient: Patient, date: Date): Sighting[] {
  const { mints } = patient;
  const difference = Math.round(date.getTime() / 1000 - mints.now);
  if (Math.abs(difference) <= tolerance) return [];
  mints.skew += difference;
  const direction = difference > 0 ? "ahead of" : "behind";
  const what = `the server's clock is ${Math.abs(difference)} s ${direction} the one here`;
  const severity = Math.abs(difference) >= harm ? "error" : "warning";
  return [saw("clock", what, { severity })];
}
