import type { MintedCredential } from "../credential/credential.ts";
import { MayflyError } from "../error.ts";
import { assertPrintable } from "./mechanism.ts";
import { withTimeout } from "./timing.ts";
import { isTransient, isTransientStatus } from "./transient.ts";

export type { MintedCredential };

/** Source of credentials: a URL or a function. */
export type CredentialSource =
  | {
      /** URL that returns a credential as JSON for a GET. */
      url: string | URL;
      /** Own `fetch`, to send headers or cross-origin cookies. @defaultValue the global `fetch` */
      fetch?: typeof globalThis.fetch;
    }
  | {
      /**
       * Returns a credential. It is called again if it throws because the network is down, a timeout
       * passed, or a server answered 5xx (an error with such a `status`, or a {@link MayflyError}
       * `ERR_UNAVAILABLE`). Another {@link MayflyError} ends the login as it is, any other error with
       * `ERR_MINT` and the error as `cause`.
       *
       * @param signal - aborts after 10 s, when the credential would be too late
       */
      mint: (signal: AbortSignal) => MintedCredential | Promise<MintedCredential>;
    };

/** A transient failure. */
export interface RetryableError extends Error {
  /** Delay that the source asks for (`Retry-After`), in milliseconds. */
  wait?: number;
}

const timeoutMs = 10_000;
const maxRetryAfterMs = 3_600_000;

/**
 * Fetches a credential from the source and validates it.
 *
 * @param jid - bare JID that the credential must be for
 * @throws {@link MayflyError} `ERR_MINT`, `ERR_CREDENTIAL`, or one of the source's, if retrying would not
 * help; any other error is transient
 */
export async function fetchCredential(
  source: CredentialSource,
  jid?: string,
): Promise<MintedCredential> {
  const minted = await withTimeout(timeoutMs, (signal) =>
    "mint" in source ? source.mint(signal) : load(source.url, source.fetch ?? fetch, signal),
  ).catch((cause) => {
    if (cause instanceof MayflyError || isTransient(cause)) throw cause;
    throw new MayflyError("ERR_MINT", `minting failed: ${cause?.message ?? cause}`, { cause });
  });
  assertPrintable(minted ?? {});
  if (jid !== undefined && minted.jid !== jid) {
    throw new MayflyError("ERR_MINT", `the credential is for ${minted.jid}, not for ${jid}`);
  }
  return minted;
}

async function load(
  url: string | URL,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<MintedCredential> {
  const init = { cache: "no-store", headers: { accept: "application/json" }, signal };
  const response = await fetch(url, init);
  const { ok, status, headers } = response;
  const message = `no credential from ${String(url).replace(/\?.*/, "")}: ${status}`; // without the query, which may have a key
  if (isTransientStatus(status)) {
    // Retry-After is in seconds; wait for an hour at most.
    const wait = Math.min(1000 * Number(headers.get("retry-after")) || 0, maxRetryAfterMs);
    throw Object.assign(new Error(message), { status, wait });
  }
  const text = await response.text();
  try {
    if (ok) return JSON.parse(text);
  } catch {}
  throw new MayflyError("ERR_MINT", message);
}
