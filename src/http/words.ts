const units = [
  { name: "d", seconds: 86_400 },
  { name: "h", seconds: 3600 },
  { name: "min", seconds: 60 },
];

/** A span of seconds for people: `3 d 4 h`, `12 min`, `5 s`. */
export function span(seconds: number): string {
  const first = units.findIndex((unit) => seconds >= unit.seconds);
  if (first === -1) return `${Math.max(Math.floor(seconds), 0)} s`;
  let left = seconds;
  const words = units.slice(first, first + 2).flatMap(({ name, seconds }) => {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    return count === 0 ? [] : [`${count} ${name}`];
  });
  return words.join(" ");
}

/** Milliseconds for people: `0.21 ms`, `14 ms`, `2.5 s`. */
export function latency(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(2))} s`;
  return `${Number(ms.toPrecision(2))} ms`;
}

/** A number for people: `12,345`. */
export function count(number: number): string {
  return number.toLocaleString("en");
}

/** The time of day of a moment in Unix seconds, in UTC: `14:05`, or with `seconds` `14:05:09`. */
export function timeOfDay(at: number, seconds = false): string {
  return iso(at).slice(11, seconds ? 19 : 16);
}

/** A moment in Unix seconds, in UTC: `2026-11-22 14:05:09`. */
export function dateAndTime(at: number): string {
  return iso(at).slice(0, 19).replace("T", " ");
}

/** A moment in Unix seconds by ISO 8601, for machines. */
export function iso(at: number): string {
  return new Date(at * 1000).toISOString().replace(".000", "");
}
