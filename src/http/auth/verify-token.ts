import { parseBareJid, parseCredential, prepareHost, subjectOf } from "../../credential/index.ts";
import type { Issuer, Keyring } from "../../keyring/index.ts";
import { type Decision, decide, type Trust } from "../../verify/index.ts";

/**
 * Verifies a token for the user and host that it names. An issuer's token that names only a localpart is
 * valid on `wanted`, if that is one of the issuer's hosts, or else on the first of them.
 */
export async function verifyToken(token: string, trust: Trust, wanted?: string): Promise<Decision> {
  const hosts = candidateHosts(token, trust.keyring);
  let decision: Decision = { ok: false, reason: hosts.length > 0 ? "wrong-host" : "malformed" };
  for (const host of hosts) {
    if (host !== (wanted ?? host)) continue;
    const decided = decide({ host, password: token }, trust);
    decision = decided instanceof Promise ? await decided : decided;
    if (decision.ok) return assertPrepared(decision);
  }
  return decision;
}

/** Hosts that a token may be valid on, before it is verified. */
export function candidateHosts(token: string, keyring: Keyring): readonly string[] {
  const presented = parseCredential(token);
  if (!presented) return keyring.issuers.filter(({ lookup }) => lookup).flatMap(hostsOf);
  const claims = presented.format === "jwt" ? presented.claims : undefined;
  const issuer = keyring.issuers.find((known) => known.issuer === claims?.iss);
  if (issuer) {
    const hosts = hostsOf(issuer);
    return hosts.length > 0 ? hosts : [claims?.aud].flat().filter(isHost);
  }
  const host = subjectOf(presented)?.host;
  return host === undefined ? [] : [host];
}

/** The hosts that an issuer's tokens open; none where the `aud` of each token says it. */
function hostsOf({ hosts, audience }: Issuer): readonly string[] {
  return hosts ?? (audience === undefined ? [] : [audience]);
}

/** Whether an audience may be a host, in its prepared form; Keycloak's `account` is none. */
function isHost(audience: unknown): audience is string {
  if (typeof audience !== "string" || !/\.|^localhost$/.test(audience)) return false;
  try {
    return prepareHost(audience) === audience;
  } catch {
    return false;
  }
}

/** Refuses a localpart that is not in its prepared form: the server would log `Alice` in as `alice`. */
function assertPrepared(decision: Decision & { ok: true }): Decision {
  try {
    parseBareJid(`${decision.user}@${decision.host}`);
    return decision;
  } catch {
    return { ok: false, reason: "wrong-user" };
  }
}
