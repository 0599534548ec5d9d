/** The blocks that `mayfly init` prints to be copied, each by the words that stand before it. */
export function stepsIn(printed: string): [what: string, lines: string][] {
  const parts = printed.split(/\n\n(?! {4})/).slice(1);
  return parts.map((part) => {
    const [what = "", ...lines] = part.split("\n\n");
    return [what.replace(/:$/, ""), lines.join("\n\n").replace(/^ {4}/gm, "").trimEnd()];
  });
}

/** The one of them whose words have this in them. */
export function stepIn(printed: string, words: string): string {
  const found = stepsIn(printed).filter(([what]) => what.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} steps say ${words}:\n${printed}`);
  return found[0]?.[1] ?? "";
}
