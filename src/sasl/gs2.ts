/** GS2 header, at the start of the messages of GS2 mechanisms (RFC 5801 section 4). */
export interface Gs2Header {
  /** Channel binding: `n` if the client does not support it, `y` if only the client does, or `p=` and its type. */
  binding: "n" | "y" | `p=${string}`;
  /** Authorization identity: the user to act as; absent for the authenticated user. */
  authzid?: string | undefined;
}

const shape = /^(n|y|p=[A-Za-z0-9.-]+),(?:a=((?:[^\0,=]|=2C|=3D)+))?,$/;

/**
 * Encodes a GS2 header without channel binding. Escapes commas and equals signs in the authzid.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5801#section-4}
 */
export function encodeGs2(authzid = ""): string {
  const name = authzid.replaceAll("=", "=3D").replaceAll(",", "=2C");
  return `n,${name && `a=${name}`},`;
}

/**
 * Decodes a GS2 header.
 *
 * @returns `undefined` if it is invalid
 */
export function parseGs2(text: string): Gs2Header | undefined {
  const [, binding, name] = shape.exec(text) ?? [];
  if (!binding) return undefined;
  const authzid = name?.replaceAll("=2C", ",").replaceAll("=3D", "=");
  return { binding: binding as Gs2Header["binding"], ...(authzid && { authzid }) };
}
