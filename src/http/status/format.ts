import { formatIso, timeUnits } from "../../time.ts";

const units = timeUnits.filter(({ seconds }) => seconds > 1);

/** Formats seconds for people: `3 d 4 h`, `12 min`, `5 s`. */
export function formatDuration(seconds: number): string {
  const first = units.findIndex((unit) => seconds >= unit.seconds);
  if (first === -1) return `${Math.max(Math.floor(seconds), 0)} s`;
  let left = seconds;
  const words = units.slice(first, first + 2).flatMap((unit) => {
    const count = Math.floor(left / unit.seconds);
    left -= count * unit.seconds;
    return count === 0 ? [] : [`${count} ${unit.name}`];
  });
  return words.join(" ");
}

/** Formats milliseconds for people: `0.21 ms`, `14 ms`, `2.5 s`. */
export function formatLatency(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(2))} s`;
  return `${Number(ms.toPrecision(2))} ms`;
}

/** Formats a number for people: `12,345`. */
export function formatCount(number: number): string {
  return number.toLocaleString("en");
}

/** Formats the UTC time of day of Unix seconds: `14:05`, or with `seconds` `14:05:09`. */
export function formatTimeOfDay(at: number, seconds = false): string {
  return formatIso(at).slice(11, seconds ? 19 : 16);
}

/** Formats Unix seconds as UTC date and time: `2026-11-22 14:05:09`. */
export function formatDateTime(at: number): string {
  return formatIso(at).slice(0, 19).replace("T", " ");
}
