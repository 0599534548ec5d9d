import type { CST, Node, YAMLMap, YAMLSeq } from "yaml";
import * as at from "./lines.ts";

/** Replacement of the characters from `start` to `end` in a text. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** Applies an edit. */
export function applyEdit(text: string, { start, end, text: middle }: TextEdit): string {
  return text.slice(0, start) + middle + text.slice(end);
}

/** Inserts an item, given as `name: value` pairs, at the start of a list. */
export function insertFirst(text: string, list: YAMLSeq, pairs: readonly string[]): TextEdit {
  const newline = at.newlineOf(text);
  const insert = (offset: number, middle: string) => ({
    start: offset,
    end: offset,
    text: middle,
  });
  if (!list.flow) {
    const pad = " ".repeat(columnOf(text, list));
    const [first, ...rest] = pairs;
    const lines = [`${pad}- ${first}`, ...rest.map((pair) => `${pad}  ${pair}`)];
    if (isSpaced(text, list)) lines.push("");
    return insert(ownStart(text, list, 0), lines.map((line) => line + newline).join(""));
  }
  const item = `{ ${pairs.join(", ")} },`;
  const bracket = startOf(list) + 1;
  const start = bracket + at.indentOf(text.slice(bracket).split(/\r?\n/, 1)[0] ?? "");
  if (!/[\r\n#]/.test(text[start] ?? "")) return insert(start, `${item} `);
  const pad = " ".repeat(at.indentOf(at.lineAt(text, startOf(list.items[0]))));
  return insert(ownStart(text, list, 0), pad + item + newline);
}

/** Inserts a list with one item, given as `name: value` pairs, at the start of a map. */
export function insertList(
  text: string,
  map: YAMLMap,
  name: string,
  pairs: readonly string[],
): TextEdit {
  const newline = at.newlineOf(text);
  const start = startOf(map);
  const [first, ...rest] = pairs;
  const lines = [`${name}:`, `  - ${first}`, ...rest.map((pair) => `    ${pair}`)];
  return { start, end: start, text: lines.map((line) => line + newline).join("") };
}

/** Removes an item and its comments from a list of more than one. */
export function removeItem(text: string, list: YAMLSeq, index: number): TextEdit {
  if (list.flow) return removeFlowItem(text, list, index);
  let start = ownStart(text, list, index);
  let end = ownEnd(text, list, index);
  // Of the blank lines on both sides of the gap, only those on one side stay.
  const blankBefore = start > 0 && at.isBlank(at.lineAt(text, start - 1));
  if (blankBefore || index === 0) {
    while (end < text.length && at.isBlank(at.lineAt(text, end))) end = at.lineEnd(text, end);
  }
  if (end === text.length) {
    while (start > 0 && at.isBlank(at.lineAt(text, start - 1)))
      start = at.lineStart(text, start - 1);
  }
  return { start, end, text: "" };
}

/** Sets the value of a map's pair, or adds the pair after the last existing one of `others`. */
export function setValue(
  text: string,
  map: YAMLMap,
  name: string,
  value: string,
  others: readonly string[],
): TextEdit {
  const node = map.get(name, true) as Node | undefined;
  if (node?.range) return { start: node.range[0], end: node.range[1], text: value };
  const other = others.findLast((it) => map.has(it)) ?? "";
  const after = endOf(map.get(other, true));
  if (map.flow) return { start: after, end: after, text: `, ${name}: ${value}` };

  const first = startOf(map.items[0]?.key);
  const pad = " ".repeat(first - at.lineStart(text, first));
  const newline = at.newlineOf(text);
  // A block scalar ends after its last newline, any other value within its last line.
  const start = text[after - 1] === "\n" ? after : at.lineEnd(text, after);
  const missing = text[start - 1] === "\n" ? "" : newline;
  return { start, end: start, text: `${missing}${pad}${name}: ${value}${newline}` };
}

function removeFlowItem(text: string, list: YAMLSeq, index: number): TextEdit {
  const [start, end] = [startOf(list.items[index]), endOf(list.items[index])];
  const rest = text.slice(end, at.lineEnd(text, end));
  const before = text.slice(at.lineStart(text, start), start);
  if (at.isBlank(before) && /^[ \t]*,?[ \t]*(#.*)?\r?\n$/.test(rest)) {
    return { start: ownStart(text, list, index), end: end + rest.length, text: "" };
  }
  if (index < list.items.length - 1) {
    const comma = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? "";
    return { start, end: end + comma.length, text: "" };
  }
  const previous = endOf(list.items[index - 1]);
  const isNear = !text.slice(previous, start).includes("\n");
  return { start: isNear ? previous : start, end, text: "" };
}

/** Start of an item, including the comments directly above it. */
function ownStart(text: string, list: YAMLSeq, index: number): number {
  const column = list.flow ? Number.POSITIVE_INFINITY : columnOf(text, list);
  let start = at.lineStart(text, list.flow ? startOf(list.items[index]) : dashOf(list, index));
  while (start > 0) {
    const above = at.lineAt(text, start - 1);
    // A comment indented deeper than the dash belongs to the item above.
    if (!at.isComment(above) || (index > 0 && at.indentOf(above) > column)) break;
    start = at.lineStart(text, start - 1);
  }
  return start;
}

/** End of a block item, including the comments below it that are indented like its lines. */
function ownEnd(text: string, list: YAMLSeq, index: number): number {
  const column = columnOf(text, list);
  const last = text.slice(0, endOf(list.items[index])).trimEnd().length;
  let end = at.lineEnd(text, last);
  for (let next = end; next < text.length; next = at.lineEnd(text, next)) {
    const line = at.lineAt(text, next);
    if (at.isBlank(line)) continue;
    if (!at.isComment(line) || at.indentOf(line) <= column) break;
    end = at.lineEnd(text, next);
  }
  return end;
}

/** Whether a blank line separates the first two items. */
function isSpaced(text: string, list: YAMLSeq): boolean {
  if (list.items.length < 2) return false;
  return at.isBlank(at.lineAt(text, ownStart(text, list, 1) - 1));
}

function columnOf(text: string, list: YAMLSeq): number {
  const dash = dashOf(list, 0);
  return dash - at.lineStart(text, dash);
}

function dashOf(list: YAMLSeq, index: number): number {
  const { items } = list.srcToken as CST.BlockSequence;
  const dashes = items.flatMap(({ start }) => start.filter(({ type }) => type === "seq-item-ind"));
  return dashes[index]?.offset ?? 0;
}

function startOf(node: unknown): number {
  return (node as Node | undefined)?.range?.[0] ?? 0;
}

function endOf(node: unknown): number {
  return (node as Node | undefined)?.range?.[1] ?? 0;
}
