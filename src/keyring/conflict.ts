import type { Issuer } from "./issuer.ts";
import type { Key } from "./keyring.ts";

/** What stands twice among keys and issuers, so that one would not do what it says; as a sentence. */
export function findConflict(keys: readonly Key[], issuers: readonly Issuer[]): string | undefined {
  const names = issuers.map(({ issuer }) => issuer);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    return `issuers: ${twice} stands there twice, and only the first would count: make them one`;
  }
  const [one, other] = bothAsked(issuers);
  if (one && other) {
    const fix = "give them hosts: of their own, since an opaque token does not say whose it is";
    return `issuers: ${one.issuer} and ${other.issuer} are both asked about opaque tokens for the same host: ${fix}`;
  }
  const own = keys.find(({ issuer, state }) => state !== "off" && names.includes(String(issuer)));
  if (own) {
    return `key ${own.id}: its issuer stands under issuers: too, whose keys alone would count: give it another`;
  }
  for (const [index, key] of keys.entries()) {
    const twin = keys.slice(0, index).find((it) => it.verification.equals(key.verification));
    if (!twin) continue;
    const fix = "mayfly keys add makes one for each";
    return `key ${key.id}: its secret is that of key ${twin.id}, and would outlive it: ${fix}`;
  }
  return undefined;
}

/** Two issuers that would be asked about the same token: each could log in users of the other with it. */
function bothAsked(issuers: readonly Issuer[]): readonly Issuer[] {
  const asked = issuers.filter(({ lookup }) => lookup);
  for (const [index, issuer] of asked.entries()) {
    const other = asked.slice(index + 1).find((it) => haveHostInCommon(issuer, it));
    if (other) return [issuer, other];
  }
  return [];
}

function haveHostInCommon(one: Issuer, other: Issuer): boolean {
  const [hosts, others] = [one, other].map((it) => it.hosts ?? (it.audience ? [it.audience] : []));
  // Without any, an issuer opens every host.
  if (!hosts?.length || !others?.length) return true;
  return hosts.some((host) => others.includes(host));
}
