/** Start of the line at a position. */
export function lineStart(text: string, position: number): number {
  return position === 0 ? 0 : text.lastIndexOf("\n", position - 1) + 1;
}

/** Start of the next line, or the end of the text. */
export function lineEnd(text: string, position: number): number {
  const newline = text.indexOf("\n", position);
  return newline === -1 ? text.length : newline + 1;
}

/** The line at a position, without its line break. */
export function lineAt(text: string, position: number): string {
  return text.slice(lineStart(text, position), lineEnd(text, position)).replace(/\r?\n$/, "");
}

/** Number of white-space characters at the start of a line. */
export function indentOf(line: string): number {
  return line.search(/\S|$/);
}

/** Whether a line is empty or only white space. */
export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** Whether a line is only a comment. */
export function isComment(line: string): boolean {
  return line.trimStart().startsWith("#");
}

/** The line break that a text uses; that of its first line. */
export function newlineOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
