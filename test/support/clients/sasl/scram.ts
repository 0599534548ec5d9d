import { createHash, createHmac, pbkdf2Sync, randomUUID } from "node:crypto";
import type { Names, Sasl } from "./sasl-mechanisms.ts";

/** How a client binds its login to its TLS connection (RFC 5802 section 6). */
export interface ScramBinding {
  /** `n`: it cannot; `y`: it could, and thinks that the server cannot; `p=` and the binding's name. */
  flag: string;
  data?: Buffer;
}

/** How a login by SCRAM ended. */
export interface ScramResult {
  /** `success`, or why not. */
  outcome: string;
  /** What the server says last, if it has the password too. */
  expected?: string;
  /** What the client said. */
  said: string[];
}

/** A client's side of SCRAM (RFC 5802, RFC 7677). */
export async function scram(
  sasl: Sasl,
  mechanism: string,
  { authzid, authcid, secret }: Names,
  { flag, data = Buffer.alloc(0) }: ScramBinding = { flag: "n" },
): Promise<ScramResult> {
  const hash = mechanism.includes("256") ? "sha256" : "sha1";
  const header = `${flag},${authzid && `a=${saslname(authzid)}`},`;
  const first = `n=${saslname(authcid)},r=${randomUUID()}`;
  const answer = await sasl.authenticate(mechanism, header + first);
  const [, challenge = ""] = /^challenge:(.*)$/s.exec(answer) ?? [];
  const [, nonce, salt = "", rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? [];
  if (!nonce) return { outcome: answer, said: [header + first] };
  const binding = Buffer.concat([Buffer.from(header), data]).toString("base64");
  const last = `c=${binding},r=${nonce}`;
  const message = [first, challenge, last].join(",");
  const size = hash === "sha1" ? 20 : 32;
  const salted = pbkdf2Sync(secret, Buffer.from(salt, "base64"), Number(rounds), size, hash);
  const key = hmac(salted, "Client Key");
  const signature = hmac(createHash(hash).update(key).digest(), message);
  const proof = Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0)));
  const final = `${last},p=${proof.toString("base64")}`;
  const expected = `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
  return { outcome: await sasl.respond(final), expected, said: [header + first, final] };

  function hmac(key: Buffer, text: string): Buffer {
    return createHmac(hash, key).update(text).digest();
  }
}

function saslname(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}
