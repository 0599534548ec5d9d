// What an admin would write in Node: checks a password <expiry>:<mac> of auth requests, and nothing else. It
// reads by the event loop, as programs in Node do. With MAYFLY_LOG it writes a line for each decision to that
// file, with the fields of Mayfly's.
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { Socket } from "node:net";

const key = createSecretKey(Buffer.from(process.env.MAYFLY_SECRET));
const [no, yes] = [0, 1].map((code) => Buffer.from([0, 2, 0, code]));
const buffer = Buffer.alloc(65_536);
const { pid, env } = process;
const log = env.MAYFLY_LOG && openSync(env.MAYFLY_LOG, "a");

function isGood(request) {
  const [, op, user, host, expiry, mac] =
    /^([^:]*):([^:]*):([^:]*):(\d+):(.*)$/s.exec(request) ?? [];
  if (op !== "auth" || Number(expiry) < Date.now() / 1000) return false;
  const expected = createHmac("sha1", key).update(`${expiry}:${user}@${host}`).digest();
  const given = Buffer.from(mac, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function answer(request) {
  if (log === undefined) return isGood(request);
  const started = performance.now();
  const ok = isGood(request);
  const [op, user, host] = request.split(":", 3);
  const ms = Math.round((performance.now() - started) * 1000) / 1000;
  const line = { level: "info", time: Date.now(), pid, op, user, host, ok };
  const rest = { key: "mojoauth", format: "mojoauth", ms, msg: ok ? "accepted" : "refused" };
  writeSync(log, `${JSON.stringify({ ...line, ...rest })}\n`);
  return ok;
}

function callback(size) {
  for (let at = 0, end; at < size; at = end) {
    end = at + 2 + buffer.readUInt16BE(at);
    writeSync(1, answer(buffer.toString("utf8", at + 2, end)) ? yes : no);
  }
  return true;
}

new Socket({ fd: 0, readable: true, writable: false, onread: { buffer, callback } });
