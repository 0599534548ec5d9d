import { createHash, randomUUID } from "node:crypto";
import type { RawStream } from "../raw-stream.ts";
import { scram } from "./scram.ts";

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
  "SCRAM-SHA-1": async (sasl: Sasl, names: Names) =>
    (await scram(sasl, "SCRAM-SHA-1", names)).outcome,
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

function md5(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}
