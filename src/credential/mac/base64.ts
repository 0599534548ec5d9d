const alphabet = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const padding = 0x3d; // =

/**
 * Writes bytes in padded standard base64 into another buffer, without a call of Node.
 *
 * @param into - with room for four bytes for each three, or part of three
 * @see {@link https://www.rfc-editor.org/rfc/rfc4648#section-4}
 */
export function writeBase64(bytes: Uint8Array, into: Uint8Array): void {
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
    for (let shift = 18; shift >= 0; shift -= 6)
      into[to++] = byteAt(alphabet, (three >> shift) & 63);
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  for (let from = to - missing; from < to; from++) into[from] = padding;
}

/**
 * Whether a text is, from a place on, as long as a digest of SHA-1 or SHA-2 in padded standard base64, and of its
 * characters. Unit by unit: a program that has just woken takes several times as long to match an expression.
 */
export function isDigest(text: string, from = 0): boolean {
  const missing = paddingOf(text.length - from);
  if (missing === undefined) return false;
  const end = text.length - missing;
  for (let at = from; at < end; at++) if (!isInAlphabet(text.charCodeAt(at))) return false;
  for (let at = end; at < text.length; at++) if (text.charCodeAt(at) !== padding) return false;
  return true;
}

/** How many of so many characters pad; `undefined` where no digest is as long. */
function paddingOf(length: number): 0 | 1 | 2 | undefined {
  switch (length) {
    case 28:
    case 44:
      return 1;
    case 64:
      return 0;
    case 88:
      return 2;
    default:
      return undefined;
  }
}

function isInAlphabet(unit: number): boolean {
  if (unit >= 0x61) return unit <= 0x7a; // a to z
  if (unit >= 0x41) return unit <= 0x5a; // A to Z
  return (unit >= 0x2f && unit <= 0x39) || unit === 0x2b; // the slash and 0 to 9, and the plus sign
}

/** A byte, or 0 behind the end. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
