import { html } from "hono/html";

/** Result of Hono's `html` template. */
export type Html = ReturnType<typeof html>;

/** A part of a column, from and to a share (0 to 1) of the height; `kind` is its CSS class. */
export interface Part {
  kind: string;
  from: number;
  to: number;
}

/** A column, with the tooltip that it shows. */
export interface Column {
  tooltip: string;
  parts: readonly Part[];
}

/** Data and labels of a chart. */
export interface Chart {
  title: string;
  columns: readonly Column[];
  /** Labels of the vertical scale, bottom to top, at equal distances. */
  scale: readonly string[];
  /** Labels below the chart, left to right. */
  times: readonly string[];
}

const height = 100;
/** Height of the smallest part, so that it stays visible. */
const minPartHeight = 1.5;

/** Renders a column chart. Its labels are HTML beside the SVG, so that they do not stretch with it. */
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

function column({ tooltip, parts }: Column, index: number): Html {
  return html`<g><title>${tooltip}</title><rect class="grip" x="${index}" width="1" height="${height}"/>${parts.map(
    ({ kind, from, to }) => {
      const tall = Math.max((to - from) * height, minPartHeight);
      const y = Math.max(height - from * height - tall, 0);
      return html`<rect class="${kind}" x="${index + 0.14}" width="0.72" y="${short(y)}" height="${short(tall)}"/>`;
    },
  )}</g>
`;
}

function short(number: number): number {
  return Math.round(number * 100) / 100;
}

/** The smallest even round number that is at least the given one. */
export function roundUp(number: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(number, 1)));
  const round = [1, 2, 4, 6, 8, 10].map((factor) => factor * magnitude);
  return round.find((it) => it >= number && it % 2 === 0) ?? 10 * magnitude;
}
