import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";

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
  return checked(minted);
}

async function load(url: string | URL, fetch: typeof globalThis.fetch): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(timeout),
  });
  if (!response.ok) throw new Error(`[GET] "${url}": ${response.status}`);
  return response.json();
}

/**
 * Insists on what can be sent. `@xmpp/client` 0.14 garbles or refuses anything but ASCII, and a
 * NUL would end a field early (RFC 4616 section 2).
 */
function checked(minted: unknown): MintedCredential {
  const credential = (minted ?? {}) as MintedCredential;
  const { username, password, authzid = "" } = credential;
  for (const [name, value] of Object.entries({ username, password, authzid })) {
    if (typeof value !== "string" || (value === "" && name !== "authzid")) {
      throw new MayflyError("ERR_CREDENTIAL", `the minted credential has no ${name}`);
    }
    if (/[^\x20-\x7e]/.test(value)) {
      throw new MayflyError("ERR_CREDENTIAL", `the minted ${name} must be printable ASCII`);
    }
  }
  return credential;
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
