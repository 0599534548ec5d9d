/** The protected header of a JWS, as far as we read it. */
export interface JwsHeader {
  alg: string;
  kid?: string;
  typ?: string;
}

/** A JSON object. */
export type Json = { [member: string]: unknown };

/** A JWT in compact form taken apart, unchecked. */
export interface CompactJwt {
  header: JwsHeader;
  /** The payload, where it is a JSON object. */
  claims: Json | undefined;
  /** In base64url. */
  signature: string;
}

/** The longest token that is looked at, in bytes. */
export const longestToken = 8192;

// They bring keys, or change what the signature covers: a header may name a key, not carry one.
const foreign = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"];

/**
 * Takes a compact JWS apart, before any cryptography.
 *
 * @returns `undefined` when it is too long, not three parts in canonical base64url, or its header
 * is not a JSON object that names an algorithm, and a key at most.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-7.1}
 */
export function parseCompact(token: string): CompactJwt | undefined {
  if (token.length > longestToken) return undefined;
  const parts = token.split(".");
  const [first = "", second = "", signature = ""] = parts;
  if (parts.length !== 3 || signature === "") return undefined;
  const [headerBytes, claimsBytes] = [decode(first), decode(second)];
  if (!headerBytes || !claimsBytes || !decode(signature)) return undefined;
  const header = parseObject(headerBytes);
  if (!header || !isHeader(header)) return undefined;
  return { header, claims: parseObject(claimsBytes), signature };
}

function isHeader(header: Json): header is Json & JwsHeader {
  const { alg, kid = "", typ = "" } = header;
  if (typeof alg !== "string" || typeof kid !== "string" || typeof typ !== "string") return false;
  return !foreign.some((member) => Object.hasOwn(header, member));
}

/** One value has many base64url spellings that a lax decoder takes; only one is canonical. */
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

/** How many members an object has, with all that is in it. */
function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const values = Object.values(value);
  let members = Array.isArray(value) ? 0 : values.length;
  for (const value of values) members += membersOf(value);
  return members;
}

/** How many members JSON text has; more than were parsed when a name is used twice (RFC 7515 section 4). */
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
