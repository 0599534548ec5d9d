/** How a message of a mechanism in the GS2 family begins. */
export interface Gs2Header {
  /** `n`: the client binds to no channel; `y`: it could, the server not; or the channel's name. */
  binding: "n" | "y" | `p=${string}`;
  /** The authorization identity: whom to act for; absent for oneself. */
  authzid?: string | undefined;
}

const shape = /^(n|y|p=[A-Za-z0-9.-]+),(?:a=((?:[^\0,=]|=2C|=3D)+))?,$/;

/**
 * Spells a GS2 header that binds to no channel. A comma or equals sign in a name would be read as its
 * end.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5801#section-4}
 */
export function encodeGs2(authzid = ""): string {
  const name = authzid.replaceAll("=", "=3D").replaceAll(",", "=2C");
  return `n,${name && `a=${name}`},`;
}

/**
 * Takes a GS2 header apart.
 *
 * @returns `undefined` when it is none.
 */
export function parseGs2(text: string): Gs2Header | undefined {
  const [, binding, name] = shape.exec(text) ?? [];
  if (!binding) return undefined;
  const authzid = name?.replaceAll("=2C", ",").replaceAll("=3D", "=");
  return { binding: binding as Gs2Header["binding"], ...(authzid && { authzid }) };
}
