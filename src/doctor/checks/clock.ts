import { type Observation, observe } from "../findings/finding.ts";
import type { DoctorContext } from "./check.ts";

/** `Date` and XEP-0202 have whole seconds, and the network adds some. */
const toleranceSeconds = 5;
const harmfulSeconds = 30;

/** Compares the server's clock with ours; later credentials are minted by the server's clock. */
export function checkClock(context: DoctorContext, date: Date): Observation[] {
  const { credentials } = context;
  const difference = Math.round(date.getTime() / 1000 - credentials.now);
  if (Math.abs(difference) <= toleranceSeconds) return [];
  credentials.skew += difference;
  const direction = difference > 0 ? "ahead of" : "behind";
  const what = `the server's clock is ${Math.abs(difference)} s ${direction} the one here`;
  const severity = Math.abs(difference) >= harmfulSeconds ? "error" : "warning";
  return [observe("clock", what, { severity })];
}
