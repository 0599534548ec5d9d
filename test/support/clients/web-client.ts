import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/** A request as a browser sends it. */
export interface WebRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: URLSearchParams;
}

/** What a browser says of a page that it opens, by a link or by its address. */
const navigation = {
  accept: "text/html,application/xhtml+xml,*/*",
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

/** What a browser says of a page's own `fetch`. */
export const sameOrigin: Record<string, string> = {
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
};

/** A browser without pages: it opens addresses, keeps cookies, and follows redirects if it is told to. */
export class WebClient {
  /** The cookies, by host and name: ports share them. */
  readonly cookies: Map<string, string> = new Map();
  readonly #ca: string | undefined;

  /** @param ca - the certificate to trust, PEM */
  constructor(ca?: string) {
    this.#ca = ca;
  }

  /** Sends one request, and follows no redirect. */
  async send(url: string, { method = "GET", headers, body }: WebRequest = {}): Promise<Response> {
    const own = `${new URL(url).hostname} `;
    const cookie = [...this.cookies]
      .filter(([key]) => key.startsWith(own))
      .map(([key, value]) => `${key.slice(own.length)}=${value}`)
      .join("; ");
    const form = body && { "content-type": "application/x-www-form-urlencoded" };
    const sent = (url.startsWith("https:") ? requestHttps : requestHttp)(url, {
      ...{ method, agent: false, ...(this.#ca && { ca: this.#ca }) },
      headers: withoutEmpty({ ...navigation, cookie, ...form, ...headers }),
    });
    sent.end(body?.toString());
    const answer = await responseOf((await once(sent, "response"))[0]);
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(own + name);
      else this.cookies.set(own + name, value);
    }
    return answer;
  }

  /** Follows redirects to where they end, or to the first address that `until` names. */
  async follow(
    url: string,
    init: WebRequest = {},
    until: (url: string) => boolean = () => false,
  ): Promise<{ url: string; answer: Response }> {
    let address = url;
    let answer = await this.send(url, init);
    for (let hops = 0; hops < 20; hops++) {
      const location = answer.headers.get("location");
      if (location === null) break;
      address = new URL(location, address).href;
      if (until(address)) break;
      answer = await this.send(address);
    }
    return { url: address, answer };
  }

  /** Signs in at the page of `oidc-provider.ts` that an address leads to, and follows on. */
  async signIn(
    url: string,
    user: string,
    until?: (url: string) => boolean,
  ): Promise<{ url: string; answer: Response }> {
    const asked = await this.follow(url, {}, until);
    if (!asked.url.includes("/interaction/")) return asked;
    const body = new URLSearchParams({ login: user });
    return this.follow(asked.url, { method: "POST", body }, until);
  }
}

/** Drops headers without a value: so a test takes one of the usual ones away. */
function withoutEmpty(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));
}

async function responseOf(incoming: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { rawHeaders, statusCode = 0 } = incoming;
  const headers = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""]] : [],
  );
  const isEmpty = [204, 304].includes(statusCode);
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status: statusCode, headers });
}
