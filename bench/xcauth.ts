import { createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Asked } from "./driver.ts";
import { host, secret } from "./fixtures.ts";

/**
 * xcauth, the nearest other program, where `XCAUTH` names its `xcauth.py`: its own tokens, checked
 * without a call to anybody.
 *
 * @see {@link https://github.com/jsxc/xmpp-cloud-auth/blob/master/doc/Protocol.md}
 */
export function xcauth(folder: string, say: (line: string) => void): Asked[] {
  const program = process.env.XCAUTH;
  if (!program) {
    say("xcauth is left out: set XCAUTH to the path of its xcauth.py");
    return [];
  }
  const log = join(folder, "xcauth");
  mkdirSync(log, { recursive: true });
  const options = `--type ejabberd --secret '${secret}' --url http://127.0.0.1:9 --db :memory: --log '${log}'`;
  const expires = Math.floor(Date.now() / 1000) + 86_000;
  const requests = Array.from({ length: 100 }, (_, index) => {
    const user = `user${index}`;
    return `auth:${user}:${host}:${token(`${user}@${host}`, expires)}`;
  });
  return [{ name: "xcauth", command: `/usr/bin/python3 '${program}' ${options}`, requests }];
}

function token(jid: string, expires: number): string {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(expires, 2);
  const version = Buffer.alloc(1);
  const challenge = Buffer.concat([version, header, Buffer.from(jid)]);
  const mac = createHmac("sha256", secret).update(challenge).digest().subarray(0, 16);
  return Buffer.concat([version, mac, header]).toString("base64").replace(/=+$/, "");
}
