import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";
import { sendable } from "./sendable.ts";
import { within } from "./within.ts";

export type { MintedCredential };

/** Where credentials come from. */
export type Source =
  | {
      /** Answers a GET with a credential as JSON. */
      url: string | URL;
      /** For headers, or cookies of another origin. @defaultValue the global `fetch` */
      fetch?: typeof globalThis.fetch;
    }
  | {
      /**
       * Gives a credential. What it throws is taken to pass, and it is asked again; unless that is a
       * {@link MayflyError}, which ends the login.
       *
       * @param signal - aborts once a credential comes too late
       */
      mint: (signal: AbortSignal) => MintedCredential | Promise<MintedCredential>;
    };

/** A failure that passes. */
export interface Passing extends Error {
  /** How long the source wants to be left alone, in milliseconds. */
  wait?: number;
}

const patience = 10_000;
const anHour = 3_600_000;

/**
 * Mints a credential at the source.
 *
 * @throws {@link MayflyError} where asking again would not help; anything else passes
 */
export async function mintFrom(source: Source): Promise<MintedCredential> {
  const minted = await within(patience, (signal) =>
    "mint" in source ? source.mint(signal) : load(source.url, source.fetch ?? fetch, signal),
  );
  sendable(minted ?? {});
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
  const message = `no credential from ${String(url).replace(/\?.*/, "")}: ${status}`; // without a key
  if (status >= 500 || /408|425|429/.test(`${status}`)) {
    // In seconds; nobody is kept away for more than an hour.
    const wait = Math.min(1000 * Number(headers.get("retry-after")) || 0, anHour);
    throw Object.assign(new Error(message), { wait });
  }
  const text = await response.text();
  try {
    if (ok) return JSON.parse(text);
  } catch {}
  throw new MayflyError("ERR_MINT", message);
}
