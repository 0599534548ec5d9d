import { attempt } from "./login.ts";
import { nobody } from "./mints.ts";
import type { Check, Patient } from "./patient.ts";
import { type Sighting, saw } from "./sighting.ts";

/** Whether a credential lets its owner be somebody else, by any mechanism that takes it. */
export const checkIdentity: Check = {
  name: "identity",
  waitsFor: "a refusal of another's identity",
  async run(patient) {
    const { mechanisms } = patient;
    const own = ["PLAIN", "X-OAUTH2", "OAUTHBEARER"].filter((name) => mechanisms.includes(name));
    const findings: Sighting[] = [];
    for (const mechanism of own) {
      if (!(await isTaken(patient, mechanism))) continue;
      if (!(await isAnothers(patient, mechanism))) continue;
      const what = `by ${mechanism}, a credential for one user logs another in`;
      const fix = mechanism === "X-OAUTH2" ? {} : { fix: withoutMechanism(patient, mechanism) };
      findings.push(saw("identity", what, fix));
    }
    return findings;
  },
};

async function isTaken({ mints, server }: Patient, mechanism: string): Promise<boolean> {
  const minted = await mints.fresh(nobody(), tokenFor(mechanism));
  return (await attempt(server, { ...minted, mechanism })).ok;
}

async function isAnothers({ mints, server }: Patient, mechanism: string): Promise<boolean> {
  const other = nobody();
  const otherJid = `${other}@${server.host}`;
  for (const claim of [{ authzid: otherJid }, { username: other }]) {
    const minted = await mints.fresh(nobody(), tokenFor(mechanism));
    const outcome = await attempt(server, { ...minted, mechanism, ...claim });
    if (outcome.ok && outcome.jid === otherJid) return true;
  }
  return false;
}

function tokenFor(mechanism: string): "token" | undefined {
  return mechanism === "PLAIN" ? undefined : "token";
}

function withoutMechanism({ kind }: Patient, mechanism: string): string {
  if (kind === "prosody") return 'authentication = "mayfly"';
  return `extauth_program: mayfly extauth, or disable_sasl_mechanisms: ["${mechanism}"]`;
}
