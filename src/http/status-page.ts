import { html, raw } from "hono/html";
import { type Chart, type Column, chart, type Html, roundUp } from "./chart.ts";
import type { Minute, Refusal, Tally } from "./history.ts";
import type { KeyFacts } from "./key-facts.ts";
import { meaningOf } from "./meanings.ts";
import type { Standing } from "./standing.ts";
import { style } from "./status-style.ts";
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

function refusedIn({ refused }: Tally): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

function share(tally: Tally): string {
  const all = tally.accepted + refusedIn(tally);
  return all === 0 ? "" : `, ${Math.round((100 * refusedIn(tally)) / all)} %`;
}

/** A time to decide, where anything was. */
function of(tally: Tally, ms: number): string {
  return tally.max === 0 ? "–" : latency(ms);
}

function loginsChart(minutes: readonly Minute[]): Chart {
  const most = Math.max(...minutes.map((minute) => minute.accepted + refusedIn(minute)));
  const top = roundUp(most);
  const columns = minutes.map((minute): Column => {
    const { at, accepted } = minute;
    const refused = refusedIn(minute);
    const parts = [
      { kind: "accepted", from: 0, to: accepted / top },
      { kind: "refused", from: accepted / top, to: (accepted + refused) / top },
    ].filter(({ from, to }) => to > from);
    return { says: `${timeOfDay(at)}: ${accepted} accepted, ${refused} refused`, parts };
  });
  const title = `Logins in each minute of the last hour: at most ${count(most)}`;
  return { title, columns, scale: ["0", count(top / 2), count(top)], times: timesOf(minutes) };
}

/** Its scale goes by powers of ten: from a MAC to a store that hangs there are five. */
function latencyChart(minutes: readonly Minute[]): Chart {
  const busy = minutes.filter(({ max }) => max > 0);
  const foot = Math.floor(Math.log10(Math.min(...busy.map(({ p50 }) => p50), 0.1)));
  const head = Math.ceil(Math.log10(Math.max(...busy.map(({ max }) => max), 1)));
  const place = (ms: number) => (Math.log10(Math.max(ms, 10 ** foot)) - foot) / (head - foot);
  const columns = minutes.map(({ at, p50, p95, max }): Column => {
    if (max === 0) return { says: `${timeOfDay(at)}: none`, parts: [] };
    return {
      says: `${timeOfDay(at)}: half in ${latency(p50)}, 95 of 100 in ${latency(p95)}, slowest ${latency(max)}`,
      parts: [
        { kind: "slowest", from: place(p95), to: place(max) },
        { kind: "half-of", from: place(p50), to: place(p95) },
      ],
    };
  });
  const slowest = Math.max(0, ...busy.map(({ max }) => max));
  return {
    title: `Time to decide in each minute of the last hour: at most ${latency(slowest)}`,
    columns,
    scale: Array.from({ length: head - foot + 1 }, (_, step) => latency(10 ** (foot + step))),
    times: timesOf(minutes),
  };
}

function timesOf(minutes: readonly Minute[]): string[] {
  return [0, 15, 30, 45, minutes.length - 1].map((index) => timeOfDay(minutes[index]?.at ?? 0));
}

/** The charts for who cannot see them, or wants figures. */
function minuteTable(minutes: readonly Minute[]): Html {
  const rows = minutes.filter(({ max }) => max > 0).reverse();
  return html`<details><summary>The last hour in figures</summary>
<div class="scroll" tabindex="0" role="region" aria-label="The last hour in figures">
<table>
<thead><tr><th>UTC</th><th class="number">accepted</th><th class="number">refused</th><th class="number">half in</th><th class="number">95 of 100 in</th><th class="number">slowest</th></tr></thead>
<tbody>${rows.map(
    (
      minute,
    ) => html`<tr><td>${timeOfDay(minute.at)}</td><td class="number">${count(minute.accepted)}</td><td class="number">${count(refusedIn(minute))}</td><td class="number">${latency(minute.p50)}</td><td class="number">${latency(minute.p95)}</td><td class="number">${latency(minute.max)}</td></tr>
`,
  )}</tbody>
</table>
</div>
</details>`;
}

function reasonTable(lastHour: Tally, total: Tally): Html {
  const reasons = Object.entries(total.refused);
  if (reasons.length === 0) return html`<p class="aside">None was, since the start.</p>`;
  const most = Math.max(...Object.values(lastHour.refused), 1);
  return html`<table class="reasons">
<thead><tr><th>reason</th><th class="number">last hour</th><th class="number">since the start</th></tr></thead>
<tbody>${reasons.map(([reason, sinceStart]) => {
    const recent = lastHour.refused[reason] ?? 0;
    return html`<tr><th scope="row">${reason} <span class="aside">${meaningOf(reason)}</span></th>
<td class="number">${count(recent)}<svg class="bar" aria-hidden="true" viewBox="0 0 100 1" preserveAspectRatio="none"><rect width="${(100 * recent) / most}" height="1"/></svg></td>
<td class="number">${count(sinceStart)}</td></tr>
`;
  })}</tbody>
</table>`;
}

function refusalTable(refusals: readonly Refusal[], now: number): Html {
  if (refusals.length === 0) return html`<p class="aside">None, since the start.</p>`;
  return html`<table class="stack">
<thead><tr><th>UTC</th><th>user</th><th>host</th><th>reason</th></tr></thead>
<tbody>${refusals.map(
    ({ at, user, host, reason }) => html`<tr>
<td data-name="UTC"><time datetime="${iso(at)}" title="${span(now - at)} ago">${now - at < 43_200 ? timeOfDay(at, true) : dateAndTime(at)}</time></td>
<td data-name="user">${named(user)}</td>
<td data-name="host">${named(host)}</td>
<td data-name="reason"><span title="${meaningOf(reason)}">${reason}</span></td>
</tr>
`,
  )}</tbody>
</table>`;
}

const none = html`<span class="aside">–</span>`;

/** What somebody sent as a name: it does not turn the direction of what is beside it. */
function named(name: string | undefined): Html {
  return name === undefined ? none : html`<bdi>${name}</bdi>`;
}

function keyTable(keys: readonly KeyFacts[], now: number): Html {
  return html`<table class="stack">
<thead><tr><th>id</th><th>algorithm</th><th>state</th><th>hosts</th><th>services</th><th>age</th></tr></thead>
<tbody>${keys.map(
    (key) => html`<tr${key.state === "off" ? raw(' class="off"') : ""}>
<td data-name="id"><bdi>${key.id}</bdi></td>
<td data-name="algorithm">${key.algorithm}</td>
<td data-name="state">${key.mints ? html`<span class="mints">mints</span>` : standsFor[key.state]}</td>
<td data-name="hosts">${key.hosts?.join(", ") ?? "all"}</td>
<td data-name="services">${key.services?.join(", ") ?? "all"}</td>
<td data-name="age">${age(key, now)}</td>
</tr>
`,
  )}</tbody>
</table>`;
}

/** What a key does that is not the first to mint. */
const standsFor = { mint: "mints if named", verify: "verifies", off: "off" } as const;

/** How old a key is, as far as its file or its name tells. */
function age({ id, writtenAt }: KeyFacts, now: number): Html {
  if (writtenAt !== undefined) {
    return html`<time datetime="${iso(writtenAt)}" title="its secret was written ${dateAndTime(writtenAt)} UTC">${span(now - writtenAt)}</time>`;
  }
  return /^\d{4}-\d\d(-\d\d)?$/.test(id)
    ? html`<span title="by its id">since ${id}</span>`
    : html`<span class="aside">not known</span>`;
}

function setUp({ config, store, issuers, now }: Standing): Html {
  const { source, loadedAt, mistake } = config;
  return html`<dl>
<div><dt>Configuration</dt><dd>${source}<br><span class="aside">loaded ${dateAndTime(loadedAt)} UTC, ${span(now - loadedAt)} ago</span></dd></div>
${mistake && html`<div><dt>Last try to load it</dt><dd class="bad">failed ${dateAndTime(mistake.at)} UTC<br><span class="aside">${mistake.line}</span></dd></div>`}
<div><dt>Store</dt><dd>${
    store === undefined
      ? "none"
      : store.answers
        ? html`answers <span class="aside">in ${latency(store.ms)}</span>`
        : html`<span class="bad">does not answer</span>`
  }</dd></div>
<div><dt>Issuers</dt><dd>${issuers.length > 0 ? issuers.map((issuer) => html`${issuer}<br>`) : "none"}</dd></div>
</dl>`;
}
