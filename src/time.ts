/** Units of time, the longest first. */
export const timeUnits = [
  { name: "d", seconds: 86_400 },
  { name: "h", seconds: 3600 },
  { name: "min", seconds: 60 },
  { name: "s", seconds: 1 },
] as const;

/** The last second of the year 9999, in Unix seconds: ISO 8601 has four digits for a year. */
export const maxTime = 253_402_300_799;

/** The time now, in whole Unix seconds. */
export function currentTime(): number {
  return Math.floor(Date.now() / 1000);
}

/** A time in Unix seconds, as ISO 8601 in UTC: `2026-11-22T22:31:00Z`. */
export function formatIso(time: number): string {
  return new Date(time * 1000).toISOString().replace(".000", "");
}

/** A time in Unix seconds, and how far it is from `now`: `2026-11-22T22:31:00Z (in 10 min)`. */
export function formatTime(time: number, now: number = currentTime()): string {
  const distance = Math.abs(time - now);
  const unit = timeUnits.find(({ seconds }) => distance >= seconds);
  const words = unit ? `${Math.floor(distance / unit.seconds)} ${unit.name}` : "0 s";
  return `${formatIso(time)} (${time < now ? `${words} ago` : `in ${words}`})`;
}

/**
 * Resolves as a promise does, or rejects once `timeoutMs` milliseconds have passed.
 *
 * @param message - of the error to reject with. @defaultValue `no answer within … ms`
 */
export async function withTimeout<T>(
  timeoutMs: number,
  promise: Promise<T>,
  message = `no answer within ${timeoutMs} ms`,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
