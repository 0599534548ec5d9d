/** What is another at each run, and what stands in its place. */
const changing: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z \([^)]*\)/g, "TIME"],
  [/\d{4}-\d\d-\d\d [\d:.]+\+00:00/g, "TIME"],
  [/^[A-Z][a-z]{2} \d\d [\d:]{8}/gm, "TIME"],
  [/\b\d{10}:/g, "EXPIRY:"],
  [/[\w+/]{27}=/g, "MAC"],
  [/\d{4}-\d\d(?=\.key|")/g, "MONTH"],
  [/\bkey \d{4}-\d\d\b/g, "key MONTH"],
  [/"(time|pid|ms)":[\d.]+/g, '"$1":N'],
  [/\bc2s[\da-f]{6,}/g, "c2sN"],
  [/<0\.\d+\.0>(@\w+:\w+\/\d+:\d+)?/g, "<PID>"],
  [/\bfrom ::ffff:[\d.]+/g, "from ADDRESS"],
];

/** A text without what is another at each run: times, processes, addresses, credentials, this month's key. */
export function alike(text: string): string {
  return changing.reduce((left, [from, to]) => left.replace(from, to), text.trimEnd());
}
