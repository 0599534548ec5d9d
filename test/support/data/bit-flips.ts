/** The text with one bit of one of its characters changed. */
export function flipBit(text: string, index: number, bit = 0): string {
  const changed = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
  return text.slice(0, index) + changed + text.slice(index + 1);
}

/** Every text that differs from this ASCII one in a single bit. */
export function everyBitFlipped(text: string): string[] {
  return [...text].flatMap((_, index) =>
    [0, 1, 2, 3, 4, 5, 6].map((bit) => flipBit(text, index, bit)),
  );
}
