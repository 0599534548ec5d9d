const units = [
  { name: "d", seconds: 86_400 },
  { name: "h", seconds: 3600 },
  { name: "min", seconds: 60 },
  { name: "s", seconds: 1 },
];

/** A moment in Unix seconds for people: `2026-11-22T22:31:00Z (in 10 min)`. */
export function moment(at: number, now: number = Math.floor(Date.now() / 1000)): string {
  const distance = Math.abs(at - now);
  const unit = units.find(({ seconds }) => distance >= seconds);
  const words = unit ? `${Math.floor(distance / unit.seconds)} ${unit.name}` : "0 s";
  const time = new Date(at * 1000).toISOString().replace(".000", "");
  return `${time} (${at < now ? `${words} ago` : `in ${words}`})`;
}
