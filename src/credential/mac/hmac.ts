import { createHmac, hash as digest, type KeyObject, timingSafeEqual } from "node:crypto";
import type { Hash } from "../algorithms.ts";
import { writeBase64 } from "./base64.ts";
import { hmacSha1, prepareSha1Key, type Sha1Key } from "./sha1.ts";

/** The inputs of both hashes of an HMAC, with the padded key at their start. */
interface Prepared {
  inner: Buffer;
  /** Views of `inner`, by their length in bytes. */
  cut: Buffer[];
  outer: Buffer;
  /** The length of the padded key, in bytes. */
  block: number;
}

/** The size of a block and of a digest, in bytes (FIPS 180-4). */
const sizes: Record<Hash, readonly [block: number, digest: number]> = {
  sha1: [64, 20],
  sha256: [64, 32],
  sha384: [128, 48],
  sha512: [128, 64],
};

/** A text, or its pieces: they are joined in the input of the hash, without a string of them all. */
export type MacInput = string | Uint8Array | readonly string[];

/** Longer texts, in bytes, go through `createHmac`: no username is as long. */
const maxBytes = 512;

const sha1Keys = new WeakMap<KeyObject, Sha1Key>();
const sha1Text = Buffer.alloc(3 * maxBytes + 72);
const sha1Digest = Buffer.alloc(20);
const [sha1Expected, sha1Given] = [Buffer.alloc(28), Buffer.alloc(28)]; // in padded base64

const preparedBy: Record<Exclude<Hash, "sha1">, WeakMap<KeyObject, Prepared>> = {
  sha256: new WeakMap(),
  sha384: new WeakMap(),
  sha512: new WeakMap(),
};

/**
 * The HMAC of a text, in padded standard base64 or, as a JWS has it, in base64url.
 *
 * Two calls of `crypto.hash` take half the time of Node's `Hmac` object, and HMAC-SHA1 of our own half of
 * that; the padded key is made once.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc2104#section-2}
 */
export function hmac(
  secret: KeyObject,
  hash: Hash,
  text: string | Uint8Array,
  encoding: "base64" | "base64url" = "base64",
): string {
  if (text.length > maxBytes) {
    return createHmac(hash, secret).update(text).digest(encoding);
  }
  if (hash === "sha1") return digestSha1(secret, text).toString(encoding);
  let prepared = preparedBy[hash].get(secret);
  if (!prepared) {
    prepared = prepare(secret, hash);
    preparedBy[hash].set(secret, prepared);
  }
  const { inner, cut, outer, block } = prepared;
  const end = block + put(text, inner, block);
  cut[end] ??= inner.subarray(0, end);
  outer.write(digest(hash, cut[end], "binary"), block, "binary");
  return digest(hash, outer, encoding);
}

/**
 * Whether `given` is the HMAC of a text in padded standard base64, compared in constant time. For
 * HMAC-SHA1 a single call leaves the code of this package, as a program that has just woken takes
 * several microseconds for each.
 */
export function isHmac(given: string, secret: KeyObject, hash: Hash, text: MacInput): boolean {
  if (hash !== "sha1" || lengthOf(text) > maxBytes) {
    return constantTimeEqual(given, hmac(secret, hash, join(text)));
  }
  if (given.length !== sha1Given.length) return false;
  writeBase64(digestSha1(secret, text), sha1Expected);
  const written = put(given, sha1Given, 0);
  return written === sha1Given.length && timingSafeEqual(sha1Given, sha1Expected);
}

function digestSha1(secret: KeyObject, text: MacInput): Buffer {
  let key = sha1Keys.get(secret);
  if (!key) {
    key = prepareSha1Key(blockOf(secret, "sha1"));
    sha1Keys.set(secret, key);
  }
  hmacSha1(key, sha1Text, put(text, sha1Text, 0), sha1Digest);
  return sha1Digest;
}

/** Whether an ASCII text is the expected one, compared in constant time. */
export function constantTimeEqual(given: string, expected: string): boolean {
  if (given.length !== expected.length) return false;
  const [one, other] = bufferFor(expected.length);
  one.write(expected);
  return other.write(given) === expected.length && timingSafeEqual(one, other);
}

const buffers = new Map<number, readonly [Buffer, Buffer]>();

/** Two buffers of a length, to compare texts in. */
function bufferFor(length: number): readonly [Buffer, Buffer] {
  const room = buffers.get(length) ?? [Buffer.alloc(length), Buffer.alloc(length)];
  buffers.set(length, room);
  return room;
}

/** The length of a text in UTF-16 code units or bytes. */
function lengthOf(text: MacInput): number {
  if (!isPieces(text)) return text.length;
  let length = 0;
  for (const piece of text) length += piece.length;
  return length;
}

function join(text: MacInput): string | Uint8Array {
  return isPieces(text) ? text.join("") : text;
}

function isPieces(text: MacInput): text is readonly string[] {
  return Array.isArray(text);
}

/** Writes a text into a buffer, and returns its length in bytes. */
function put(text: MacInput, into: Buffer, at: number): number {
  if (typeof text === "string") return putString(text, into, at);
  if (!isPieces(text)) {
    into.set(text, at);
    return text.length;
  }
  let end = at;
  for (const piece of text) end += putString(piece, into, end);
  return end - at;
}

/** ASCII takes no call of Node. */
function putString(text: string, into: Buffer, at: number): number {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return into.write(text, at);
    into[at + index] = unit;
  }
  return text.length;
}

/** The bytes of a key, or their hash where they are more than a block. */
function blockOf(secret: KeyObject, hash: Hash): Buffer {
  const [block] = sizes[hash];
  const key = secret.export();
  return key.length > block ? digest(hash, key, "buffer") : key;
}

function prepare(secret: KeyObject, hash: Hash): Prepared {
  const [block, size] = sizes[hash];
  const key = blockOf(secret, hash);
  // A character makes three bytes at most.
  const inner = Buffer.alloc(block + 3 * maxBytes, 0x36);
  const outer = Buffer.alloc(block + size, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = 0x36 ^ byte;
    outer[index] = 0x5c ^ byte;
  }
  return { inner, cut: [], outer, block };
}
