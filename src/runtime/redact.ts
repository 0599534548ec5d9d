/** Replaces everything in a line that looks like a MAC, a secret or a JWT with `…`. */
export function redact(line: string): string {
  return line.replace(
    /eyJ[\w-]{8,}(\.[\w-]*)*|[\w+/]{26,}={1,2}|(?<![\w+/.-])[\w+][\w+/]{63}(?![\w+/.-])/g,
    "…",
  );
}
