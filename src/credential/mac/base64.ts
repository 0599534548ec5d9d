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

/** A byte, or 0 behind the end. */
function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
