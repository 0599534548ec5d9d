import type { BareJid } from "../../../src/credential/index.ts";
import {
  type DoctorOptions,
  type DoctorReport,
  parseTarget,
  runDoctor,
} from "../../../src/doctor/index.ts";
import { type KeyInput, Keyring } from "../../../src/keyring/index.ts";

/** With which key the doctor mints, unless told otherwise. */
export const keys: KeyInput[] = [
  { id: "north", secret: "the secret of the doctor's tests" },
  { id: "jwt", secret: "the secret of their JWTs, of 32 bytes and more", algorithm: "HS256" },
];
export const host = "example.org";
export const alice: BareJid = { localpart: "alice", host };

/** Has a server examined. */
export function examined(
  { url, ca }: { url: string; ca?: string },
  more: Partial<DoctorOptions> = {},
): Promise<DoctorReport> {
  return runDoctor({
    ...{ target: parseTarget(url), jid: alice, minting: { keyring: new Keyring(keys) } },
    ...{ ca, onProgress: () => {} },
    ...more,
  });
}

/** What was found, in a line each: its severity, its code, and the setting that mends it. */
export function findingsOf({ findings }: Pick<DoctorReport, "findings">): string[] {
  return findings.map(({ severity, code, fix }) => `${severity} ${code}: ${fix}`);
}
