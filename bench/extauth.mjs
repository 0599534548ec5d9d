// What an admin would write in Node: checks a password <expiry>:<mac> of auth requests, and nothing else. It
// reads and writes as ours does, as fast as a program can that still hears signals.
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { writeSync } from "node:fs";
import { Socket } from "node:net";

const key = createSecretKey(Buffer.from(process.env.MAYFLY_SECRET));
const [no, yes] = [0, 1].map((code) => Buffer.from([0, 2, 0, code]));
const buffer = Buffer.alloc(65_536);

function isGood(request) {
  const [, op, user, host, expiry, mac] =
    /^([^:]*):([^:]*):([^:]*):(\d+):(.*)$/s.exec(request) ?? [];
  if (op !== "auth" || Number(expiry) < Date.now() / 1000) return false;
  const expected = createHmac("sha1", key).update(`${expiry}:${user}@${host}`).digest();
  const given = Buffer.from(mac, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function callback(size) {
  for (let at = 0, end; at < size; at = end) {
    end = at + 2 + buffer.readUInt16BE(at);
    writeSync(1, isGood(buffer.toString("utf8", at + 2, end)) ? yes : no);
  }
  return true;
}

new Socket({ fd: 0, readable: true, writable: false, onread: { buffer, callback } });
