import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";
import { insistOnSendable } from "./sendable.ts";

export type { MintedCredential };

/** Where credentials come from. */
export type Source =
  | {
      /** Answers a GET with a credential as JSON. */
      url: string | URL;
      /** @defaultValue the global `fetch` */
      fetch?: typeof globalThis.fetch;
    }
  | { mint: () => MintedCredential | Promise<MintedCredential> };

const timeout = 10_000;

/** Mints a credential at the source. */
export async function mintFrom(source: Source): Promise<MintedCredential> {
  let minted: unknown;
  try {
    minted = await ("mint" in source ? source.mint() : load(source.url, source.fetch ?? fetch));
  } catch (cause) {
    throw new MayflyError("ERR_MINT", `no credential was minted: ${message(cause)}`, { cause });
  }
  const credential = (minted ?? {}) as MintedCredential;
  insistOnSendable(credential);
  return credential;
}

async function load(url: string | URL, fetch: typeof globalThis.fetch): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`[GET] "${url}": ${response.status}`);
  return response.json();
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
