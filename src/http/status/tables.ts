import { html, raw } from "hono/html";
import { describeReason } from "../../credential/index.ts";
import { formatIso } from "../../time.ts";
import type { Html } from "./chart.ts";
import {
  formatCount,
  formatDateTime,
  formatDuration,
  formatLatency,
  formatTimeOfDay,
} from "./format.ts";
import type { KeySummary } from "./key-summary.ts";
import { type LoginCounts, type Minute, type Refusal, refusedIn } from "./login-stats.ts";
import type { StatusSnapshot } from "./snapshot.ts";

/** The charts' figures as a table, which screen readers can read. */
export function minuteTable(minutes: readonly Minute[]): Html {
  const rows = minutes.filter(({ max }) => max > 0).reverse();
  return html`<details><summary>The last hour in figures</summary>
<div class="scroll" tabindex="0" role="region" aria-label="The last hour in figures">
<table>
<thead><tr><th>UTC</th><th class="number">accepted</th><th class="number">refused</th><th class="number">p50</th><th class="number">p95</th><th class="number">max</th></tr></thead>
<tbody>${rows.map(
    (
      minute,
    ) => html`<tr><td>${formatTimeOfDay(minute.at)}</td><td class="number">${formatCount(minute.accepted)}</td><td class="number">${formatCount(refusedIn(minute))}</td><td class="number">${formatLatency(minute.p50)}</td><td class="number">${formatLatency(minute.p95)}</td><td class="number">${formatLatency(minute.max)}</td></tr>
`,
  )}</tbody>
</table>
</div>
</details>`;
}

/** Table of the reasons of refusals, with their counts. */
export function reasonTable(lastHour: LoginCounts, total: LoginCounts): Html {
  const reasons = Object.entries(total.refused);
  if (reasons.length === 0) return html`<p class="aside">No login was refused since the start.</p>`;
  const most = Math.max(...Object.values(lastHour.refused), 1);
  return html`<table class="reasons">
<thead><tr><th>reason</th><th class="number">last hour</th><th class="number">since the start</th></tr></thead>
<tbody>${reasons.map(([reason, sinceStart]) => {
    const recent = lastHour.refused[reason] ?? 0;
    return html`<tr><th scope="row">${reason} <span class="aside">${describeReason(reason)}</span></th>
<td class="number">${formatCount(recent)}<svg class="bar" aria-hidden="true" viewBox="0 0 100 1" preserveAspectRatio="none"><rect width="${(100 * recent) / most}" height="1"/></svg></td>
<td class="number">${formatCount(sinceStart)}</td></tr>
`;
  })}</tbody>
</table>`;
}

/** Table of the latest refusals. */
export function refusalTable(refusals: readonly Refusal[], now: number): Html {
  if (refusals.length === 0) return html`<p class="aside">None since the start.</p>`;
  return html`<table class="stack">
<thead><tr><th>UTC</th><th>user</th><th>host</th><th>reason</th></tr></thead>
<tbody>${refusals.map(
    ({ at, user, host, reason }) => html`<tr>
<td data-name="UTC"><time datetime="${formatIso(at)}" title="${formatDuration(now - at)} ago">${now - at < 43_200 ? formatTimeOfDay(at, true) : formatDateTime(at)}</time></td>
<td data-name="user">${named(user)}</td>
<td data-name="host">${named(host)}</td>
<td data-name="reason"><span title="${describeReason(reason)}">${reason}</span></td>
</tr>
`,
  )}</tbody>
</table>`;
}

const none = html`<span class="aside">–</span>`;

/** A name as the client sent it, isolated so that it cannot change the direction of the text around it. */
function named(name: string | undefined): Html {
  return name === undefined ? none : html`<bdi>${name}</bdi>`;
}

/** Table of the keys, without their secrets. */
export function keyTable(keys: readonly KeySummary[], now: number): Html {
  return html`<table class="stack">
<thead><tr><th>id</th><th>algorithm</th><th>state</th><th>hosts</th><th>services</th><th>age</th></tr></thead>
<tbody>${keys.map(
    (key) => html`<tr${key.state === "off" ? raw(' class="off"') : ""}>
<td data-name="id"><bdi>${key.id}</bdi></td>
<td data-name="algorithm">${key.algorithm}</td>
<td data-name="state">${key.mints ? html`<span class="mints">mints</span>` : stateLabels[key.state]}</td>
<td data-name="hosts">${key.hosts?.join(", ") ?? "all"}</td>
<td data-name="services">${key.services?.join(", ") ?? "all"}</td>
<td data-name="age">${age(key, now)}</td>
</tr>
`,
  )}</tbody>
</table>`;
}

/** Labels for the state of a key that is not the default for minting. */
const stateLabels = { mint: "mints if named", verify: "verifies", off: "off" } as const;

/** Age of a key, by its file's modification time or its id. */
function age({ id, writtenAt }: KeySummary, now: number): Html {
  if (writtenAt !== undefined) {
    return html`<time datetime="${formatIso(writtenAt)}" title="its secret was written ${formatDateTime(writtenAt)} UTC">${formatDuration(now - writtenAt)}</time>`;
  }
  return /^\d{4}-\d\d(-\d\d)?$/.test(id)
    ? html`<span title="by its id">since ${id}</span>`
    : html`<span class="aside">unknown</span>`;
}

/** Configuration, store and issuers in use. */
export function setUp({ config, store, issuers, now }: StatusSnapshot): Html {
  const { source, loadedAt, mistake } = config;
  return html`<dl>
<div><dt>Configuration</dt><dd>${source}<br><span class="aside">loaded ${formatDateTime(loadedAt)} UTC, ${formatDuration(now - loadedAt)} ago</span></dd></div>
${mistake && html`<div><dt>Last reload</dt><dd class="bad">failed ${formatDateTime(mistake.at)} UTC<br><span class="aside">${mistake.line}</span></dd></div>`}
<div><dt>Store</dt><dd>${
    store === undefined
      ? "none"
      : store.answers
        ? html`available <span class="aside">in ${formatLatency(store.ms)}</span>`
        : html`<span class="bad">unavailable</span>`
  }</dd></div>
<div><dt>Issuers</dt><dd>${issuers.length > 0 ? issuers.map((issuer) => html`${issuer}<br>`) : "none"}</dd></div>
</dl>`;
}
