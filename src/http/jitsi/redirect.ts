/** Parts of the URL that returns a user to Jitsi Meet with a token. */
export interface JitsiReturn {
  origin: string;
  tenant?: string;
  /** Room name in the form of `roomName`. */
  room: string;
  /** Settings for the fragment, percent-encoded. */
  settings: readonly string[];
  token: string;
}

/** Builds the URL of a room, with the token in the query, or as JSON in the fragment. */
export function redirectUrl(
  { origin, tenant, room, settings, token }: JitsiReturn,
  where: "query" | "fragment",
): string {
  const path = tenant === undefined ? room : `${encodeURIComponent(tenant)}/${room}`;
  const isHidden = where === "fragment";
  const fragment = [...settings, ...(isHidden ? [`jwt=%22${token}%22`] : [])].join("&");
  return `${origin}/${path}${isHidden ? "" : `?jwt=${token}`}${fragment && `#${fragment}`}`;
}
