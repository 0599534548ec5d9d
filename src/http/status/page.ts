import { html, raw } from "hono/html";
import { formatIso } from "../../time.ts";
import { chart, type Html } from "./chart.ts";
import { latencyChart, loginsChart } from "./charts.ts";
import {
  formatCount,
  formatDateTime,
  formatDuration,
  formatLatency,
  formatTimeOfDay,
} from "./format.ts";
import { type LoginCounts, refusedIn } from "./login-stats.ts";
import type { StatusSnapshot } from "./snapshot.ts";
import { style } from "./style.ts";
import { keyTable, minuteTable, reasonTable, refusalTable, setUp } from "./tables.ts";

/**
 * Renders the page of `/status`. Escapes everything that clients have sent, such as usernames.
 *
 * @param refresh - seconds after which the page reloads; `undefined` if it does not
 */
export function statusPage(snapshot: StatusSnapshot, refresh: number | undefined): Html {
  const { now, version, startedAt, total, lastHour, minutes } = snapshot;
  const problems = problemsIn(snapshot);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${problems.length > 0 ? "Problem" : "OK"} – Mayfly</title>
<style>${raw(style)}</style>
</head>
<body>
<header>
<h1>Mayfly</h1>
<p class="state ${problems.length > 0 ? "bad" : "good"}" role="status">${problems.length > 0 ? "Problem" : "OK"}</p>
<p class="aside">${version} · <span title="since ${formatDateTime(startedAt)} UTC">up ${formatDuration(now - startedAt)}</span> · <time datetime="${formatIso(now)}">${formatTimeOfDay(now, true)} UTC</time>
· ${refresh === undefined ? html`<a href="?">reload automatically</a>` : html`reloads every ${refresh} s, <a href="?still">stop</a>`}</p>
</header>
${problems.length > 0 && html`<ul class="wrong" role="alert">${problems.map((line) => html`<li>${line}</li>`)}</ul>`}
<main>
<section class="figures" aria-label="The last hour">
${figure("accepted", formatCount(lastHour.accepted), "in the last hour")}
${figure("refused", formatCount(refusedIn(lastHour)), `in the last hour${share(lastHour)}`)}
${figure("p95", latencyOf(lastHour, lastHour.p95), "time to decide, in the last hour")}
${figure("since the start", formatCount(total.accepted + refusedIn(total)), `${formatCount(total.accepted)} accepted, ${formatCount(refusedIn(total))} refused`)}
</section>
<section class="half">
<h2>Logins per minute</h2>
<p class="legend"><span class="accepted">accepted</span><span class="refused">refused</span></p>
${chart(loginsChart(minutes))}
</section>
<section class="half">
<h2>Time to decide</h2>
<p class="legend"><span class="half-of">p50 to p95</span><span class="slowest">max</span></p>
${chart(latencyChart(minutes))}
</section>
<section class="wide">${minuteTable(minutes)}</section>
<section class="wide">
<h2>Why logins were refused</h2>
${reasonTable(lastHour, total)}
</section>
<section class="wide">
<h2>Keys</h2>
${keyTable(snapshot.keys, now)}
</section>
<section class="wide">
<h2>Set-up</h2>
${setUp(snapshot)}
</section>
<section class="wide">
<h2>Last refusals</h2>
${refusalTable(snapshot.refusals, now)}
</section>
</main>
</body>
</html>
`;
}

/** Problems that an operator should look at. */
function problemsIn({ config, store, keys, issuers }: StatusSnapshot): string[] {
  const isOpen = issuers.length > 0 || keys.some(({ state }) => state !== "off");
  return [
    ...(config.mistake
      ? [`The changed configuration is invalid and not in use: ${config.mistake.line}`]
      : []),
    ...(store?.answers === false
      ? ["The store is unavailable: requests that need it are refused."]
      : []),
    ...(isOpen ? [] : ["All keys are off: no user can log in."]),
  ];
}

function figure(name: string, value: string, more: string): Html {
  return html`<div><h2>${name}</h2><p class="value">${value}</p><p class="aside">${more}</p></div>
`;
}

function share(tally: LoginCounts): string {
  const all = tally.accepted + refusedIn(tally);
  return all === 0 ? "" : `, ${Math.round((100 * refusedIn(tally)) / all)} %`;
}

/** Formats a latency; a dash if no login was decided. */
function latencyOf(tally: LoginCounts, ms: number): string {
  return tally.max === 0 ? "–" : formatLatency(ms);
}
