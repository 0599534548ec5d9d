import { html } from "hono/html";

/** What a template makes. */
export type Html = ReturnType<typeof html>;

/** A part of a column, from and to a share of the height; `kind` is its class. */
export interface Part {
  kind: string;
  from: number;
  to: number;
}

/** A column, and what it says when it is pointed at. */
export interface Column {
  says: string;
  parts: readonly Part[];
}

/** What a chart shows, and how it is called. */
export interface Chart {
  title: string;
  columns: readonly Column[];
  /** What stands at the scale, from its foot up, in equal steps. */
  scale: readonly string[];
  /** What stands below, from left to right. */
  times: readonly string[];
}

const height = 100;
/** So that the smallest can be seen. */
const least = 1.5;

/** A chart of columns. Its words are beside the picture, and keep their size when that is stretched. */
export function chart({ title, columns, scale, times }: Chart): Html {
  return html`<div class="chart">
<div class="scale" aria-hidden="true">${[...scale].reverse().map((word) => html`<span>${word}</span>`)}</div>
<svg role="img" aria-label="${title}" viewBox="0 0 ${columns.length} ${height}" preserveAspectRatio="none">
${scale.map((_, step) => line(columns.length, height - (step * height) / (scale.length - 1)))}
${columns.map(column)}
</svg>
<div class="times" aria-hidden="true">${times.map((word) => html`<span>${word}</span>`)}</div>
</div>`;
}

function line(width: number, y: number): Html {
  return html`<line x2="${width}" y1="${y}" y2="${y}"/>`;
}

function column({ says, parts }: Column, index: number): Html {
  return html`<g><title>${says}</title><rect class="grip" x="${index}" width="1" height="${height}"/>${parts.map(
    ({ kind, from, to }) => {
      const tall = Math.max((to - from) * height, least);
      const y = Math.max(height - from * height - tall, 0);
      return html`<rect class="${kind}" x="${index + 0.14}" width="0.72" y="${short(y)}" height="${short(tall)}"/>`;
    },
  )}</g>
`;
}

function short(number: number): number {
  return Math.round(number * 100) / 100;
}

/** The least round number that is not below a number, and has a whole half. */
export function roundUp(number: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(number, 1)));
  const round = [1, 2, 4, 6, 8, 10].map((factor) => factor * magnitude);
  return round.find((it) => it >= number && it % 2 === 0) ?? 10 * magnitude;
}
