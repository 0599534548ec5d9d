import { readFileSync } from "node:fs";

/** A row of a table, under its heading. */
export interface Row {
  heading: string;
  cells: string[];
}

/** The rows of all tables of a page, but those at their heads. */
export function rowsOf(path: string): Row[] {
  const lines = readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8").split("\n");
  let heading = "";
  return lines.flatMap((line, index) => {
    heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    const isHead = lines[index + 1]?.startsWith("|---");
    if (!line.startsWith("|") || line.startsWith("|---") || isHead) return [];
    return [
      {
        heading,
        cells: line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((it) => it.trim()),
      },
    ];
  });
}
