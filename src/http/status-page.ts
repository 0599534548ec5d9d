import { html, raw } from "hono/html";
import { chart, type Html } from "./chart.ts";
import { refusedIn, type Tally } from "./history.ts";
import type { Standing } from "./standing.ts";
import { latencyChart, loginsChart } from "./status-charts.ts";
import { style } from "./status-style.ts";
import { keyTable, minuteTable, reasonTable, refusalTable, setUp } from "./status-tables.ts";
import { count, dateAndTime, iso, latency, span, timeOfDay } from "./words.ts";

/**
 * The page of `/status`. All that others have named, such as users, is escaped.
 *
 * @param refresh - after how many seconds it looks again, if it does
 */
export function statusPage(standing: Standing, refresh: number | undefined): Html {
  const { now, version, startedAt, total, lastHour, minutes } = standing;
  const wrong = complaints(standing);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${wrong.length > 0 ? "Look here" : "All is well"} – Mayfly</title>
<style>${raw(style)}</style>
</head>
<body>
<header>
<h1>Mayfly</h1>
<p class="state ${wrong.length > 0 ? "bad" : "good"}" role="status">${wrong.length > 0 ? "Something is wrong" : "All is well"}</p>
<p class="aside">${version} · <span title="since ${dateAndTime(startedAt)} UTC">up ${span(now - startedAt)}</span> · <time datetime="${iso(now)}">${timeOfDay(now, true)} UTC</time>
· ${refresh === undefined ? html`<a href="?">keep up to date</a>` : html`every ${refresh} s, <a href="?still">stop</a>`}</p>
</header>
${wrong.length > 0 && html`<ul class="wrong" role="alert">${wrong.map((line) => html`<li>${line}</li>`)}</ul>`}
<main>
<section class="figures" aria-label="The last hour">
${figure("accepted", count(lastHour.accepted), "in the last hour")}
${figure("refused", count(refusedIn(lastHour)), `in the last hour${share(lastHour)}`)}
${figure("decided within", of(lastHour, lastHour.p95), "95 of 100, in the last hour")}
${figure("since the start", count(total.accepted + refusedIn(total)), `${count(total.accepted)} accepted, ${count(refusedIn(total))} refused`)}
</section>
<section class="half">
<h2>Logins a minute</h2>
<p class="legend"><span class="accepted">accepted</span><span class="refused">refused</span></p>
${chart(loginsChart(minutes))}
</section>
<section class="half">
<h2>Time to decide</h2>
<p class="legend"><span class="half-of">from half of them to 95 of 100</span><span class="slowest">slowest</span></p>
${chart(latencyChart(minutes))}
</section>
<section class="wide">${minuteTable(minutes)}</section>
<section class="wide">
<h2>Why logins were refused</h2>
${reasonTable(lastHour, total)}
</section>
<section class="wide">
<h2>Keys</h2>
${keyTable(standing.keys, now)}
</section>
<section class="wide">
<h2>Set-up</h2>
${setUp(standing)}
</section>
<section class="wide">
<h2>Last refusals</h2>
${refusalTable(standing.refusals, now)}
</section>
</main>
</body>
</html>
`;
}

/** What somebody should look at. */
function complaints({ config, store, keys, issuers }: Standing): string[] {
  const isOpen = issuers.length > 0 || keys.some(({ state }) => state !== "off");
  return [
    ...(config.mistake
      ? [`The configuration has changed and cannot be used: ${config.mistake.line}`]
      : []),
    ...(store?.answers === false ? ["The store does not answer: what needs it is refused."] : []),
    ...(isOpen ? [] : ["All keys are off: nobody can log in."]),
  ];
}

function figure(name: string, value: string, more: string): Html {
  return html`<div><h2>${name}</h2><p class="value">${value}</p><p class="aside">${more}</p></div>
`;
}

function share(tally: Tally): string {
  const all = tally.accepted + refusedIn(tally);
  return all === 0 ? "" : `, ${Math.round((100 * refusedIn(tally)) / all)} %`;
}

/** A time to decide, where anything was. */
function of(tally: Tally, ms: number): string {
  return tally.max === 0 ? "–" : latency(ms);
}
