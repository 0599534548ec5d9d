import { MayflyError } from "../error.ts";

/** The `fetch` of a program, as far as it is used here. */
export type LimitedFetch = (url: string, init?: FetchInit) => Promise<Response>;

/** A request of {@link LimitedFetch}. */
export interface FetchInit {
  body?: RequestInit["body"] | undefined;
  headers?: RequestInit["headers"] | undefined;
  method?: string | undefined;
  redirect?: "error" | "follow" | "manual" | undefined;
  signal?: AbortSignal | null | undefined;
}

/** The limits of {@link limitFetch}. */
export interface FetchLimits {
  /** The time limit of a request and of reading its answer, in milliseconds. */
  timeoutMs: number;
  /** @defaultValue the global `fetch` */
  fetch?: LimitedFetch | undefined;
}

/** The longest answer that is read. The metadata of the large providers have 2 KB to 6 KB. */
const maxBytes = 262_144;

/**
 * Makes a fetch for a provider's answers: it follows no redirect, gives up at the time limit, and reads no
 * more than 256 KB, whatever the provider sends.
 */
export function limitFetch({ timeoutMs, fetch }: FetchLimits): LimitedFetch {
  const ask = fetch ?? (globalThis.fetch as LimitedFetch);
  return async (url, init = {}) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const response = await ask(url, { ...init, redirect: "error", signal });
    const body = await readBody(response, url);
    const { status, headers } = response;
    const type = headers.get("content-type") ?? "application/json";
    const challenge = headers.get("www-authenticate");
    return new Response(body.byteLength > 0 ? body : null, {
      status,
      headers: { "content-type": type, ...(challenge && { "www-authenticate": challenge }) },
    });
  };
}

async function readBody({ body }: Response, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes)
      throw new Error(`${new URL(url).host} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * Refuses a URL without TLS.
 *
 * @param isLoopbackAllowed - whether `http:` is good for this machine
 * @throws {@link MayflyError} `ERR_KEY`
 */
export function assertSecureUrl(url: URL, isLoopbackAllowed = true): void {
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLoopbackAllowed && isLoopback(url)) return;
  throw new MayflyError("ERR_KEY", "must be an https: URL");
}

/** Whether a URL is of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
