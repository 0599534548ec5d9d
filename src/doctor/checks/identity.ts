import { type Observation, observe } from "../findings/finding.ts";
import { attempt } from "../xmpp/login.ts";
import type { Check, DoctorContext } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

/** Tries to log in as another user, by each mechanism that accepts a credential. */
export const checkIdentity: Check = {
  name: "identity",
  waitLabel: "a refusal of another user's identity",
  async run(context) {
    const { mechanisms } = context;
    const own = ["PLAIN", "X-OAUTH2", "OAUTHBEARER"].filter((name) => mechanisms.includes(name));
    const findings: Observation[] = [];
    for (const mechanism of own) {
      if (!(await isAccepted(context, mechanism))) continue;
      if (!(await impersonates(context, mechanism))) continue;
      const what = `by ${mechanism}, a user can log in as another with their own credential`;
      const fix = mechanism === "X-OAUTH2" ? {} : { fix: withoutMechanism(context, mechanism) };
      findings.push(observe("identity", what, fix));
    }
    return findings;
  },
};

async function isAccepted(
  { credentials, server }: DoctorContext,
  mechanism: string,
): Promise<boolean> {
  const minted = await credentials.fresh(randomUser(), tokenFor(mechanism));
  return (await attempt(server, { ...minted, mechanism })).ok;
}

async function impersonates(
  { credentials, server }: DoctorContext,
  mechanism: string,
): Promise<boolean> {
  const other = randomUser();
  const otherJid = `${other}@${server.host}`;
  for (const claim of [{ authzid: otherJid }, { username: other }]) {
    const minted = await credentials.fresh(randomUser(), tokenFor(mechanism));
    const outcome = await attempt(server, { ...minted, mechanism, ...claim });
    if (outcome.ok && outcome.jid === otherJid) return true;
  }
  return false;
}

function tokenFor(mechanism: string): "token" | undefined {
  return mechanism === "PLAIN" ? undefined : "token";
}

function withoutMechanism({ kind }: DoctorContext, mechanism: string): string {
  if (kind === "prosody") return 'authentication = "mayfly"';
  return `extauth_program: mayfly extauth, or disable_sasl_mechanisms: ["${mechanism}"]`;
}
