const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };
const shape = /^([0-9]{1,9})(s|m|h|d)?$/;

/** Parses a duration, such as `90`, `90s`, `10m`, `24h` or `7d`, to seconds; `undefined` for other text. */
export function parseDuration(text: string): number | undefined {
  const match = shape.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * seconds[(match[2] ?? "s") as keyof typeof seconds];
}
