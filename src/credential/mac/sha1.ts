/**
 * HMAC-SHA1 without a call of OpenSSL. For a text of a few bytes most of such a call is OpenSSL's way
 * to its own code, which takes a program that has just woken ten times as long as the hash itself.
 *
 * All operations are on 32-bit integers and take the same time for every value.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc2104#section-4} for the states that are kept of a key
 * @see {@link https://www.rfc-editor.org/rfc/rfc3174}
 */
const blockBytes = 64;
const digestBytes = 20;

/** A key of HMAC-SHA1: the states of both hashes after their first block, which is the padded key. */
export interface Sha1Key {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

/** Prepares a key of at most 64 bytes; a longer one has to be hashed before. */
export function prepareSha1Key(key: Uint8Array): Sha1Key {
  const padded = new Uint8Array(blockBytes);
  padded.set(key);
  return { inner: stateAfter(padded, 0x36), outer: stateAfter(padded, 0x5c) };
}

function stateAfter(padded: Uint8Array, mask: number): Int32Array {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  compress(
    state,
    padded.map((byte) => byte ^ mask),
    0,
  );
  return state;
}

const state = new Int32Array(5);
const outerBlock = new Uint8Array(blockBytes);

/**
 * Computes the HMAC of a text.
 *
 * @param message - with room for padding: 72 bytes behind the text, which are overwritten
 * @param length - of the text, in bytes
 * @param digest - where the 20 bytes go
 */
export function hmacSha1(
  { inner, outer }: Sha1Key,
  message: Uint8Array,
  length: number,
  digest: Uint8Array,
): void {
  for (let at = 0; at < 5; at++) state[at] = wordAt(inner, at);
  const end = pad(message, length);
  for (let at = 0; at < end; at += blockBytes) compress(state, message, at);
  writeState(outerBlock);
  pad(outerBlock, digestBytes);
  for (let at = 0; at < 5; at++) state[at] = wordAt(outer, at);
  compress(state, outerBlock, 0);
  writeState(digest);
}

/** Pads what stands behind a first block (RFC 3174 section 4), and returns the length with it. */
function pad(message: Uint8Array, length: number): number {
  const end = (length + 9 + blockBytes - 1) & -blockBytes;
  message[length] = 0x80;
  for (let at = length + 1; at < end - 4; at++) message[at] = 0;
  const bits = 8 * (blockBytes + length);
  for (let byte = 1; byte <= 4; byte++) message[end - byte] = bits >>> (8 * (byte - 1));
  return end;
}

function writeState(to: Uint8Array): void {
  for (let at = 0; at < digestBytes; at++) to[at] = wordAt(state, at >> 2) >>> (24 - 8 * (at & 3));
}

const words = new Int32Array(80);

/** Takes a block into a state (RFC 3174 section 6.1). */
function compress(into: Int32Array, block: Uint8Array, start: number): void {
  for (let t = 0, at = start; t < 16; t++, at += 4) {
    words[t] =
      (byteAt(block, at) << 24) |
      (byteAt(block, at + 1) << 16) |
      (byteAt(block, at + 2) << 8) |
      byteAt(block, at + 3);
  }
  for (let t = 16; t < 80; t++) {
    const word =
      wordAt(words, t - 3) ^ wordAt(words, t - 8) ^ wordAt(words, t - 14) ^ wordAt(words, t - 16);
    words[t] = (word << 1) | (word >>> 31);
  }
  let a = wordAt(into, 0);
  let b = wordAt(into, 1);
  let c = wordAt(into, 2);
  let d = wordAt(into, 3);
  let e = wordAt(into, 4);
  for (let t = 0; t < 20; t++) {
    const next =
      (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + 0x5a827999 + e + wordAt(words, t)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0x6ed9eba1 + e + wordAt(words, t)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t++) {
    const next =
      (((a << 5) | (a >>> 27)) +
        ((b & c) | (b & d) | (c & d)) +
        0x8f1bbcdc +
        e +
        wordAt(words, t)) |
      0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + 0xca62c1d6 + e + wordAt(words, t)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  into[0] = wordAt(into, 0) + a;
  into[1] = wordAt(into, 1) + b;
  into[2] = wordAt(into, 2) + c;
  into[3] = wordAt(into, 3) + d;
  into[4] = wordAt(into, 4) + e;
}

// Two functions, since one for both kinds of arrays would be slower.
function wordAt(numbers: Int32Array, at: number): number {
  return numbers[at] as number;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
