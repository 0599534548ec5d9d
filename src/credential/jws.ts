/** The members of a JWS's protected header that are read here (RFC 7515 section 4.1). */
export interface JwsHeader {
  alg: string;
  kid?: string;
  typ?: string;
}

/** A JSON object. */
export type Json = { [member: string]: unknown };

/** A parsed JWT in compact form. Nothing of it is verified. */
export interface ParsedJwt {
  header: JwsHeader;
  /** The payload, where it is a JSON object. */
  claims: Json | undefined;
  /** The JWS signing input: `header.payload`, each in base64url (RFC 7515 section 2). */
  signed: string;
  /** The signature, in base64url. */
  signature: string;
}

/** The longest token that is parsed, in bytes. */
export const maxTokenBytes = 8192;

// They carry a key, or change what the signature covers: a header may only name a key.
const forbiddenHeaders = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/**
 * Parses a compact JWS. The signature is not verified.
 *
 * @returns `undefined` when it is too long, not three parts in canonical base64url, or its header
 * is not a JSON object that names an algorithm, and a key at most.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-7.1}
 */
export function parseJws(token: string): ParsedJwt | undefined {
  if (token.length > maxTokenBytes) return undefined;
  const parts = token.split(".");
  const [first = "", second = "", signature = ""] = parts;
  if (parts.length !== 3 || signature === "") return undefined;
  const [headerBytes, claimsBytes] = [decode(first), decode(second)];
  if (!headerBytes || !claimsBytes || !decode(signature)) return undefined;
  const header = parseObject(headerBytes);
  if (!header || !isHeader(header)) return undefined;
  return { header, claims: parseObject(claimsBytes), signed: `${first}.${second}`, signature };
}

function isHeader(header: Json): header is Json & JwsHeader {
  const { alg, kid = "", typ = "" } = header;
  if (typeof alg !== "string" || typeof kid !== "string" || typeof typ !== "string") return false;
  return !forbiddenHeaders.some((member) => Object.hasOwn(header, member));
}

/** Decodes canonical base64url: a lax decoder takes many texts for the same bytes. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseObject(bytes: Buffer): Json | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return membersOf(value) === membersWritten(text) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** The number of members of all objects in a value. */
function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const values = Object.values(value);
  let members = Array.isArray(value) ? 0 : values.length;
  for (const member of values) members += membersOf(member);
  return members;
}

/** The number of members in JSON text: more than were parsed when a name stands twice (RFC 7515 section 4). */
function membersWritten(json: string): number {
  let members = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') isInString = !isInString;
    else if (character === "\\") at++;
    else if (character === ":" && !isInString) members++;
  }
  return members;
}
