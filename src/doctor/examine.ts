import type { BareJid } from "../credential/index.ts";
import type { Minting } from "../mint/index.ts";
import { checkConnection } from "./check-connection.ts";
import { checksOfExpiry } from "./check-expiry.ts";
import { checkFast } from "./check-fast.ts";
import { checkForged } from "./check-forged.ts";
import { checkIdentity } from "./check-identity.ts";
import { checkLogin } from "./check-login.ts";
import { checkOAuth } from "./check-oauth.ts";
import { checkOffline } from "./check-offline.ts";
import { checkSizes } from "./check-sizes.ts";
import { type Finding, finding, type Kind } from "./finding.ts";
import { Impasse } from "./impasse.ts";
import { Mints } from "./mints.ts";
import type { Patient } from "./patient.ts";
import { settle } from "./settle.ts";
import { type Sighting, saw } from "./sighting.ts";
import type { Target } from "./target.ts";

/** All of it ends within 30 s, with what is left to say. */
const longest = 28_000;
/** What takes longer is announced. */
const short = 2_000;

/** What to examine. */
export interface Examination {
  target: Target;
  /** Who logs in. */
  jid: BareJid;
  minting: Minting;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** The server's software, where it is known. */
  kind?: Kind | undefined;
  /** Whether OAuth is set up at an ejabberd on purpose. */
  oauth?: boolean;
  /** What was found in files before. */
  findings?: Finding[];
  /** Is told what is waited for, where that takes time. */
  say: (line: string) => void;
  /** The clock here, in Unix seconds with their fractions. */
  clock?: () => number;
}

/** What an examination came to. */
export interface Report {
  kind: Kind | undefined;
  /** What is wrong, the worst first. */
  findings: Finding[];
  /** The checks that were done. */
  checked: string[];
  /** Those that could not be done. */
  unchecked: string[];
}

/** Logs in to a server as clients do, rightly and wrongly, and tells what is wrong with it. */
export async function examine(examination: Examination): Promise<Report> {
  const { target, jid, minting, ca, kind, oauth = false, say } = examination;
  const { clock = () => Date.now() / 1000 } = examination;
  const patient: Patient = {
    server: { target, host: jid.host, ca, deadline: performance.now() + longest },
    user: jid.localpart,
    mints: new Mints(jid.host, minting, clock),
    ...{ kind, oauth, mechanisms: [], abilities: [] },
  };
  const expiry = checksOfExpiry();
  const checks = [
    ...[checkConnection, checkLogin, checkOAuth, expiry.before, checkForged, checkIdentity],
    ...[checkSizes, checkOffline, checkFast, expiry.after],
  ];
  const names = checks.map(({ name }) => name);
  const sightings: Sighting[] = [];
  let done = 0;
  for (const { waitsFor, run } of checks) {
    const timer = setTimeout(() => say(`waiting for ${waitsFor}`), short);
    try {
      sightings.push(...(await run(patient)));
      done++;
    } catch (error) {
      if (!(error instanceof Impasse)) throw error;
      sightings.push(saw(error.code, error.message));
      break;
    } finally {
      clearTimeout(timer);
    }
  }
  const seen = sightings.map(({ code, what, saying }) => finding(code, what, patient.kind, saying));
  return {
    kind: patient.kind,
    findings: settle([...(examination.findings ?? []), ...seen]),
    checked: names.slice(0, done),
    unchecked: names.slice(done),
  };
}
