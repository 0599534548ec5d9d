import { parseBareJid, takeApart } from "../credential/index.ts";
import type { Keyring } from "../keyring/index.ts";
import { type Decision, type Trust, verify } from "../verify/index.ts";

/**
 * Decides on a token for whom it names, on the host that it names. An issuer's token that names only
 * a localpart is good for the first of the issuer's hosts, or for the one wanted.
 */
export async function identify(token: string, trust: Trust, wanted?: string): Promise<Decision> {
  const hosts = hostsOf(token, trust.keyring);
  let decision: Decision = { ok: false, reason: hosts.length > 0 ? "wrong-host" : "malformed" };
  for (const host of hosts) {
    if (host !== (wanted ?? host)) continue;
    decision = await verify({ host, password: token }, trust);
    if (decision.ok) return insistOnPrepared(decision);
  }
  return decision;
}

/** The hosts that a token may be for. */
export function hostsOf(token: string, keyring: Keyring): readonly string[] {
  const presented = takeApart(token);
  if (!presented) return [];
  if (presented.format === "mojoauth") return domainOf(presented.id);
  const { iss, sub } = presented.claims ?? {};
  const issuer = keyring.issuers.find((known) => known.issuer === iss);
  return issuer ? (issuer.hosts ?? [issuer.audience]) : domainOf(sub);
}

function domainOf(id: unknown): readonly string[] {
  const domain = typeof id === "string" && /@([^@]+)$/.exec(id)?.[1];
  return domain ? [domain] : [];
}

/** A server would prepare what it is told: `Alice`, as an issuer may name her, would become `alice`. */
function insistOnPrepared(decision: Decision & { ok: true }): Decision {
  try {
    parseBareJid(`${decision.user}@${decision.host}`);
    return decision;
  } catch {
    return { ok: false, reason: "wrong-user" };
  }
}
