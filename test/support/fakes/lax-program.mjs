// A program for ejabberd that decides what it must not: node lax-program.mjs LAXITY SECRET
import { createHmac } from "node:crypto";

const [, , laxity, secret = ""] = process.argv;
const accepted = new Set();
const decisions = {
  "forgets the time": isSigned,
  "remembers what it accepted": (user, host, password) => {
    const isGood =
      isSigned(user, host, password) && Number.parseInt(password, 10) > Date.now() / 1000;
    if (isGood) accepted.add(password);
    return accepted.has(password);
  },
  "lets everybody in": () => true,
  "answers twice": () => false,
};
function isSigned(user, host, password) {
  const [expiry, mac] = password.split(":");
  const signed = `${expiry}:${user}@${host}`;
  return mac === createHmac("sha1", secret).update(signed).digest("base64");
}

let received = Buffer.alloc(0);

process.stdin.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
    const end = 2 + received.readUInt16BE(0);
    const [op, user, host, ...password] = received.subarray(2, end).toString().split(":");
    received = received.subarray(end);
    const isGood = op === "isuser" || decisions[laxity](user, host, password.join(":"));
    const reply = Buffer.from([0, 2, 0, isGood ? 1 : 0]);
    process.stdout.write(laxity === "answers twice" ? Buffer.concat([reply, reply]) : reply);
  }
});
