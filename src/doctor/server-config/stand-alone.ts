import type { Keyring } from "../../keyring/index.ts";
import type { Policy } from "../../policy.ts";
import type { Kind } from "../findings/catalog.ts";
import { type Finding, finding } from "../findings/finding.ts";

/** Mayfly's own configuration, which the server must follow. */
export interface Wanted {
  keyring: Keyring;
  /** The policy of the host. */
  policy: Policy;
  /** Whether there is a store, which records revocations. */
  hasStore: boolean;
}

/** Reports what Mayfly's configuration asks for and a server with nothing but key files does not do. */
export function standAlone(
  { keyring, policy, hasStore }: Wanted,
  kind: Kind | undefined,
  where: string,
): Finding[] {
  const missed = [
    ...(keyring.verifyKeys("jwt").length + keyring.issuers.length > 0 ? ["accepts no JWT"] : []),
    ...(hasStore ? ["does not see revocations"] : []),
    ...(policy.singleUse ? ["accepts a credential more than once"] : []),
  ];
  if (missed.length === 0) return [];
  const what = `the server verifies by itself, and ${missed.join(", ")}`;
  return [finding("stand-alone", what, kind, { where })];
}
