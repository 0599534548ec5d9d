import { html, raw } from "hono/html";
import type { Html } from "./chart.ts";
import { type Minute, type Refusal, refusedIn, type Tally } from "./history.ts";
import type { KeyFacts } from "./key-facts.ts";
import { meaningOf } from "./meanings.ts";
import type { Standing } from "./standing.ts";
import { count, dateAndTime, iso, latency, span, timeOfDay } from "./words.ts";

/** The charts for who cannot see them, or wants figures. */
export function minuteTable(minutes: readonly Minute[]): Html {
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

/** Why logins were refused, and how often. */
export function reasonTable(lastHour: Tally, total: Tally): Html {
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

/** Who was refused last. */
export function refusalTable(refusals: readonly Refusal[], now: number): Html {
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

/** The keys, without their secrets. */
export function keyTable(keys: readonly KeyFacts[], now: number): Html {
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

/** What the process goes by. */
export function setUp({ config, store, issuers, now }: Standing): Html {
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
