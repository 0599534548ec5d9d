import { createHash, randomBytes } from "node:crypto";

/** What is asked for, and by whom. */
export interface DigestRequest {
  method: string;
  uri: string;
  username: string;
  password: string;
}

/** The `Authorization` that answers a challenge with `qop=auth` (RFC 7616 section 3.4). */
export function authorization(challenge: string, request: DigestRequest): string {
  const { method, uri, username, password } = request;
  const { realm, nonce, algorithm = "MD5", qop } = parametersOf(challenge);
  if (algorithm !== "MD5" || qop !== "auth") throw new Error(`another challenge: ${challenge}`);
  const cnonce = randomBytes(8).toString("hex");
  const a1 = md5(`${username}:${realm}:${password}`);
  const response = md5(`${a1}:${nonce}:00000001:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
  const quoted = Object.entries({ username, realm, nonce, uri, cnonce, response });
  return `Digest ${quoted.map(([name, value]) => `${name}="${value}"`).join(", ")}, qop=auth, nc=00000001`;
}

function parametersOf(challenge: string): Record<string, string | undefined> {
  const matches = challenge.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  return Object.fromEntries([...matches].map(([, name, quoted, bare]) => [name, quoted ?? bare]));
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
