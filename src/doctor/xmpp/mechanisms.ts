import { getAvailableMechanisms } from "@xmpp/sasl";
import type { Element } from "ltx";

const namespace = "urn:ietf:params:xml:ns:xmpp-sasl";

/** The mechanisms that doctor knows about. */
const known = [
  ...["PLAIN", "X-OAUTH2", "OAUTHBEARER", "ANONYMOUS", "DIGEST-MD5", "CRAM-MD5", "LOGIN"],
  ...["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"],
];

type Factory = Parameters<typeof getAvailableMechanisms>[2];

/** The known mechanisms that stream features offer. */
export function offeredMechanisms(features: Element): string[] {
  const mechanisms = features.getChild("mechanisms", namespace);
  if (!mechanisms) return [];
  const factory = { _mechs: known.map((name) => ({ name })) } as unknown as Factory;
  return getAvailableMechanisms(mechanisms, namespace, factory);
}
