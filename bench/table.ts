import { type Comparison, isKept } from "./comparison.ts";

/** A comparison as a table for people. */
export function table(comparison: Comparison): string {
  const { title, unit, against, rows, limits } = comparison;
  const lines = rows.map((row) => {
    const limit = limits[row.name];
    const kept = isKept(comparison, row);
    const aim = limit === undefined ? "" : `${limit < 0 ? "≥" : "≤"} ${digits(Math.abs(limit))}`;
    return [
      row.name,
      digits(row.value),
      digits(row.ratio),
      `${digits(row.low)}–${digits(row.high)}`,
      aim === "" ? "" : `${aim} ${kept ? "yes" : "NO"}`,
    ];
  });
  const cells = [["", unit, `× ${against}`, "half of the rounds", "aim"], ...lines];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const text = cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths?.[0] ?? 0) : cell.padStart(widths?.[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return `\n${title}\n${text.join("\n")}`;
}

/** Three digits that count. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
