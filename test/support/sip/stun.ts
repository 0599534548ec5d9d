import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** The attributes that we read or write (RFC 8489 section 18.3, RFC 8656 section 18). */
export const attribute = {
  username: 0x0006,
  integrity: 0x0008,
  error: 0x0009,
  lifetime: 0x000d,
  peer: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  relayed: 0x0016,
  transport: 0x0019,
} as const;

/** An attribute's type and value. */
export type Attribute = readonly [type: number, value: Buffer];

/** A message that a server has sent. */
export interface StunMessage {
  type: number;
  transaction: Buffer;
  attributes: ReadonlyMap<number, Buffer>;
  /** Whether it carries a MESSAGE-INTEGRITY of this key. */
  isSignedWith(key: Buffer): boolean;
}

const cookie = Buffer.from("2112a442", "hex");
const headerLength = 20;
const integrityLength = 24;

/** The key of long-term credentials (RFC 8489 section 9.2.2). */
export function longTermKey(username: string, realm: string, password: string): Buffer {
  return createHash("md5").update(`${username}:${realm}:${password}`).digest();
}

/** A transaction id. */
export function newTransaction(): Buffer {
  return randomBytes(12);
}

/** Spells a message, with a key signed by it. */
export function encode(
  type: number,
  transaction: Buffer,
  attributes: readonly Attribute[],
  key?: Buffer,
): Buffer {
  const body = Buffer.concat(attributes.map(encodeAttribute));
  if (!key) return Buffer.concat([header(type, body.length, transaction), body]);
  const signed = Buffer.concat([header(type, body.length + integrityLength, transaction), body]);
  return Buffer.concat([signed, encodeAttribute([attribute.integrity, hmac(key, signed)])]);
}

/** How many bytes the message at the beginning of a stream has. */
export function lengthOf(bytes: Buffer): number {
  return bytes.length < headerLength ? headerLength : headerLength + bytes.readUInt16BE(2);
}

/** Takes a message apart. */
export function decode(bytes: Buffer): StunMessage {
  const attributes = new Map<number, Buffer>();
  let integrityAt = -1;
  for (let at = headerLength; at < bytes.length; ) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    attributes.set(type, bytes.subarray(at + 4, at + 4 + length));
    if (type === attribute.integrity) integrityAt = at;
    at += 4 + length + padding(length);
  }
  return {
    type: bytes.readUInt16BE(0),
    transaction: bytes.subarray(8, headerLength),
    attributes,
    isSignedWith(key) {
      const given = attributes.get(attribute.integrity);
      if (!given) return false;
      const signed = Buffer.from(bytes.subarray(0, integrityAt));
      signed.writeUInt16BE(integrityAt + integrityLength - headerLength, 2);
      return timingSafeEqual(given, hmac(key, signed));
    },
  };
}

/** The value of an XOR-PEER-ADDRESS for an IPv4 address. */
export function xorAddress(address: string, port: number): Buffer {
  const value = Buffer.alloc(8);
  value[1] = 1;
  value.writeUInt16BE(port ^ cookie.readUInt16BE(0), 2);
  for (const [index, byte] of address.split(".").entries()) {
    value[4 + index] = Number(byte) ^ (cookie[index] as number);
  }
  return value;
}

function header(type: number, length: number, transaction: Buffer): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(length, 2);
  return Buffer.concat([start, cookie, transaction]);
}

function encodeAttribute([type, value]: Attribute): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(value.length, 2);
  return Buffer.concat([start, value, Buffer.alloc(padding(value.length))]);
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

function hmac(key: Buffer, bytes: Buffer): Buffer {
  return createHmac("sha1", key).update(bytes).digest();
}
