import type { MintedCredential } from "../credential/minted.ts";
import { MayflyError } from "../error.ts";

/**
 * Chooses the mechanism to present a credential by: the one that it was minted for, else PLAIN, as
 * every verifier takes all of them by it. Those for tokens come last: that a server offers one does
 * not say whose tokens it takes.
 *
 * @throws {@link MayflyError} `ERR_MECHANISM` where the server does not offer it.
 */
export function chooseMechanism({ mechanism }: MintedCredential, offered: string[]): string {
  const suitable = mechanism ? [mechanism] : ["PLAIN", "X-OAUTH2", "OAUTHBEARER"];
  const chosen = suitable.find((name) => offered.includes(name));
  if (chosen) return chosen;
  const message = `the server offers ${offered.join(", ")}, and not ${suitable.join(" or ")}`;
  throw new MayflyError("ERR_MECHANISM", message);
}
