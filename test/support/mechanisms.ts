import { createHash, createHmac, pbkdf2Sync, randomUUID } from "node:crypto";
import type { RawStream } from "./raw-stream.ts";

/** Whom to log in, and on whose behalf. */
export interface Names {
  authcid: string;
  /** None, when empty. */
  authzid: string;
  host: string;
  /** The password, or the token. */
  secret: string;
}

/** Both ways to say the messages of a mechanism: SASL, and SASL2. */
export type Sasl = Pick<RawStream, "authenticate" | "respond">;

/** A client's side of each mechanism that has an authorization identity: `success`, or why not. */
export const mechanisms = {
  PLAIN: (sasl: Sasl, { authzid, authcid, secret }: Names) =>
    sasl.authenticate("PLAIN", `${authzid}\0${authcid}\0${secret}`),
  "X-OAUTH2": (sasl: Sasl, { authzid, authcid, secret }: Names) =>
    sasl.authenticate("X-OAUTH2", `${authzid}\0${authcid}\0${secret}`),
  "DIGEST-MD5": digestMd5,
  "SCRAM-SHA-1": scramSha1,
} satisfies Record<string, (sasl: Sasl, names: Names) => Promise<string>>;

/** RFC 2831. */
async function digestMd5(sasl: Sasl, { authzid, authcid, host, secret }: Names): Promise<string> {
  const [, nonce = ""] = /nonce="([^"]+)"/.exec(await sasl.authenticate("DIGEST-MD5")) ?? [];
  const [cnonce, nc, uri] = [randomUUID(), "00000001", `xmpp/${host}`];
  const a1 = Buffer.concat([
    createHash("md5").update(`${authcid}:${host}:${secret}`).digest(),
    Buffer.from([``, nonce, cnonce, ...(authzid ? [authzid] : [])].join(":")),
  ]);
  const a2 = md5(`AUTHENTICATE:${uri}`);
  const response = md5([md5(a1), nonce, nc, cnonce, "auth", a2].join(":"));
  const fields = { username: authcid, realm: host, nonce, cnonce, "digest-uri": uri };
  const quoted = Object.entries({ ...fields, ...(authzid && { authzid }) });
  const said = quoted.map(([name, value]) => `${name}="${value}"`);
  const answer = await sasl.respond(
    [...said, `nc=${nc}`, "qop=auth", "charset=utf-8", `response=${response}`].join(","),
  );
  return answer.startsWith("challenge:rspauth=") ? sasl.respond("") : answer;
}

/** RFC 5802. */
async function scramSha1(sasl: Sasl, { authzid, authcid, secret }: Names): Promise<string> {
  const header = `n,${authzid && `a=${saslname(authzid)}`},`;
  const first = `n=${saslname(authcid)},r=${randomUUID()}`;
  const answer = await sasl.authenticate("SCRAM-SHA-1", header + first);
  const [, challenge = ""] = /^challenge:(.*)$/s.exec(answer) ?? [];
  const [, nonce, salt = "", rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? [];
  if (!nonce) return answer;
  const last = `c=${Buffer.from(header).toString("base64")},r=${nonce}`;
  const salted = pbkdf2Sync(secret, Buffer.from(salt, "base64"), Number(rounds), 20, "sha1");
  const key = hmac(salted, "Client Key");
  const signature = hmac(
    createHash("sha1").update(key).digest(),
    [first, challenge, last].join(","),
  );
  const proof = Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0)));
  return sasl.respond(`${last},p=${proof.toString("base64")}`);
}

function md5(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha1", key).update(text).digest();
}

function saslname(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}
