import { parseCredential } from "../../credential/index.ts";
import { type Observation, observe } from "../findings/finding.ts";
import { type Check, type DoctorContext, present } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

const hourSeconds = 3600;

/** Presents expired and changed credentials. Each is for another user, so that no cache decides. */
export const checkForged: Check = {
  name: "expired and tampered credentials",
  waitLabel: "a refusal of a forged credential",
  async run(context) {
    return [...(await checkExpired(context)), ...(await checkTampered(context))];
  },
};

async function checkExpired(context: DoctorContext): Promise<Observation[]> {
  const { credentials } = context;
  const minted = await credentials.expiringAt(randomUser(), credentials.now - hourSeconds);
  if (!(await present(context, minted)).ok) return [];
  return [observe("expired-accepted", "a credential that expired an hour ago logs in")];
}

async function checkTampered(context: DoctorContext): Promise<Observation[]> {
  const findings: Observation[] = [];
  for (const [part, change] of Object.entries(tamperings)) {
    const minted = await context.credentials.fresh(randomUser());
    const changed = { ...minted, password: change(minted.password) };
    if (!(await present(context, changed)).ok) continue;
    findings.push(observe("tampered-accepted", `a credential with another ${part} logs in`));
  }
  return findings.slice(0, 1);
}

/** Changes to a credential as PLAIN presents it, each of which must spoil it. */
export const tamperings = { expiry: withLaterExpiry, signature: withAnotherSignature };

function withLaterExpiry(password: string): string {
  const presented = parseCredential(password);
  if (presented?.format !== "jwt") {
    const [expiry = "", mac] = password.split(":");
    return `${Number(expiry) + 60}:${mac}`;
  }
  const [header, , signature] = password.split(".");
  const claims = { ...presented.claims, exp: Number(presented.claims?.exp) + 60 };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

/** Changes the first character: the last one may have unused bits. */
function withAnotherSignature(password: string): string {
  const start = Math.max(password.lastIndexOf(":"), password.lastIndexOf(".")) + 1;
  const other = password[start] === "A" ? "B" : "A";
  return password.slice(0, start) + other + password.slice(start + 1);
}
