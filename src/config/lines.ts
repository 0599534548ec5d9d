/** Where the line begins that a position is on. */
export function lineStart(text: string, position: number): number {
  return position === 0 ? 0 : text.lastIndexOf("\n", position - 1) + 1;
}

/** Where the line after it begins, or the text ends. */
export function lineEnd(text: string, position: number): number {
  const newline = text.indexOf("\n", position);
  return newline === -1 ? text.length : newline + 1;
}

/** The line that a position is on, without its end. */
export function lineAt(text: string, position: number): string {
  return text.slice(lineStart(text, position), lineEnd(text, position)).replace(/\r?\n$/, "");
}

/** How far the text of a line is indented, or the column of a position. */
export function indentOf(line: string): number {
  return line.search(/\S|$/);
}

/** Whether a line says nothing. */
export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** Whether a line is a comment and nothing else. */
export function isComment(line: string): boolean {
  return line.trimStart().startsWith("#");
}

/** The end of line that a text is written with. */
export function newlineOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
