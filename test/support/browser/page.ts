/** What a page asks for, as it tells `fetch`. */
export interface PageRequest {
  headers?: Record<string, string>;
  /** The cookies that the browser has for the other origin; they go along, as with `credentials: "include"`. */
  cookie?: string;
}

const safe = ["accept", "accept-language", "content-language"];

/**
 * Asks another origin as the browser of a page does, over the wire and by its rules (Fetch, CORS
 * protocol): first whether it may, where there is a header that needs it, then in earnest.
 *
 * @throws TypeError where a browser would keep the answer from the page, as `fetch` does there.
 */
export async function fetchFrom(
  origin: string,
  url: string,
  { headers = {}, cookie }: PageRequest = {},
): Promise<Response> {
  const credentials = cookie !== undefined;
  const unsafe = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => !safe.includes(name));
  if (unsafe.length > 0) {
    const asking = {
      "access-control-request-method": "GET",
      "access-control-request-headers": unsafe.sort().join(","),
    };
    const preflight = await fetch(url, { method: "OPTIONS", headers: { origin, ...asking } });
    insist(preflight.ok, `the preflight was answered ${preflight.status}`);
    assertAccess(preflight);
    const allowed = listIn(preflight, "access-control-allow-headers");
    for (const name of unsafe) insist(allowed.includes(name), `${name} may not be sent`);
  }
  const answer = await fetch(url, { headers: { ...headers, origin, ...(cookie && { cookie }) } });
  assertAccess(answer);
  return answer;

  function assertAccess({ headers: told }: Response): void {
    const allowed = told.get("access-control-allow-origin");
    const isAllowed = allowed === origin || (allowed === "*" && !credentials);
    insist(isAllowed, `${origin} may not ask`);
    const mayShowCookies = told.get("access-control-allow-credentials") === "true";
    insist(!credentials || mayShowCookies, "cookies may not be sent");
  }
}

function listIn({ headers }: Response, name: string): string[] {
  const list = headers.get(name) ?? "";
  return list.split(",").map((item) => item.trim().toLowerCase());
}

function insist(condition: boolean, problem: string): void {
  if (!condition) throw new TypeError(`blocked: ${problem}`);
}
