/** Where to send somebody with a token. */
export interface JitsiReturn {
  origin: string;
  tenant?: string;
  /** As `roomName` has it. */
  room: string;
  /** For the fragment, each percent-encoded. */
  settings: readonly string[];
  token: string;
}

/** The URL of a room, with a token where the page looks for it: in the fragment as JSON. */
export function returnUrl(
  { origin, tenant, room, settings, token }: JitsiReturn,
  where: "query" | "fragment",
): string {
  const path = tenant === undefined ? room : `${encodeURIComponent(tenant)}/${room}`;
  const isHidden = where === "fragment";
  const fragment = [...settings, ...(isHidden ? [`jwt=%22${token}%22`] : [])].join("&");
  return `${origin}/${path}${isHidden ? "" : `?jwt=${token}`}${fragment && `#${fragment}`}`;
}
