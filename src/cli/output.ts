import { printable } from "../runtime/printable.ts";

/** Prints lines on standard output, with line breaks within them escaped. */
export function printLines(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
}

/** Prints a line on standard error, for messages that are not the command's result. */
export function printErrorLine(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}
