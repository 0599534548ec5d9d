import { type Chart, type Column, roundUp } from "./chart.ts";
import { formatCount, formatLatency, formatTimeOfDay } from "./format.ts";
import { type Minute, refusedIn } from "./login-stats.ts";

/** Chart of accepted and refused logins per minute. */
export function loginsChart(minutes: readonly Minute[]): Chart {
  const most = Math.max(...minutes.map((minute) => minute.accepted + refusedIn(minute)));
  const top = roundUp(most);
  const columns = minutes.map((minute): Column => {
    const { at, accepted } = minute;
    const refused = refusedIn(minute);
    const parts = [
      { kind: "accepted", from: 0, to: accepted / top },
      { kind: "refused", from: accepted / top, to: (accepted + refused) / top },
    ].filter(({ from, to }) => to > from);
    return { tooltip: `${formatTimeOfDay(at)}: ${accepted} accepted, ${refused} refused`, parts };
  });
  const title = `Logins in each minute of the last hour: at most ${formatCount(most)}`;
  return {
    title,
    columns,
    scale: ["0", formatCount(top / 2), formatCount(top)],
    times: timesOf(minutes),
  };
}

/** Chart of the latency per minute. Its scale is logarithmic: a MAC and a hanging store differ by five powers of ten. */
export function latencyChart(minutes: readonly Minute[]): Chart {
  const busy = minutes.filter(({ max }) => max > 0);
  const foot = Math.floor(Math.log10(Math.min(...busy.map(({ p50 }) => p50), 0.1)));
  const head = Math.ceil(Math.log10(Math.max(...busy.map(({ max }) => max), 1)));
  const place = (ms: number) => (Math.log10(Math.max(ms, 10 ** foot)) - foot) / (head - foot);
  const columns = minutes.map(({ at, p50, p95, max }): Column => {
    if (max === 0) return { tooltip: `${formatTimeOfDay(at)}: none`, parts: [] };
    return {
      tooltip: `${formatTimeOfDay(at)}: p50 ${formatLatency(p50)}, p95 ${formatLatency(p95)}, max ${formatLatency(max)}`,
      parts: [
        { kind: "slowest", from: place(p95), to: place(max) },
        { kind: "half-of", from: place(p50), to: place(p95) },
      ],
    };
  });
  const slowest = Math.max(0, ...busy.map(({ max }) => max));
  return {
    title: `Time to decide in each minute of the last hour: at most ${formatLatency(slowest)}`,
    columns,
    scale: Array.from({ length: head - foot + 1 }, (_, step) => formatLatency(10 ** (foot + step))),
    times: timesOf(minutes),
  };
}

function timesOf(minutes: readonly Minute[]): string[] {
  return [0, 15, 30, 45, minutes.length - 1].map((index) =>
    formatTimeOfDay(minutes[index]?.at ?? 0),
  );
}
