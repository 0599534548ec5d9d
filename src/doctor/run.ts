import type { BareJid } from "../credential/index.ts";
import type { MintOptions } from "../mint/index.ts";
import type { DoctorContext } from "./checks/check.ts";
import { checkConnection } from "./checks/connection.ts";
import { expiryChecks } from "./checks/expiry.ts";
import { checkFast } from "./checks/fast.ts";
import { checkForged } from "./checks/forged.ts";
import { checkIdentity } from "./checks/identity.ts";
import { checkLogin } from "./checks/login.ts";
import { checkOffline } from "./checks/offline.ts";
import { checkSizes } from "./checks/stanza-limits.ts";
import { TestCredentials } from "./checks/test-credentials.ts";
import { checkOAuth } from "./checks/x-oauth2.ts";
import type { Kind } from "./findings/catalog.ts";
import {
  AbortChecks,
  type Finding,
  finding,
  type Observation,
  observe,
} from "./findings/finding.ts";
import { prioritize } from "./findings/prioritize.ts";
import type { Target } from "./xmpp/target.ts";

/** All checks end within 30 s, with time left to print. */
const maxRunMs = 28_000;
/** A wait that takes longer is announced. */
const announceAfterMs = 2_000;

/** The server to check, and how. */
export interface DoctorOptions {
  target: Target;
  /** The user that logs in. */
  jid: BareJid;
  minting: MintOptions;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** The server's software, if known. */
  kind?: Kind | undefined;
  /** Whether OAuth is set up at an ejabberd on purpose. */
  oauth?: boolean;
  /** Whether the server's configuration has FAST tokens end with their credential. */
  limitsFast?: boolean;
  /** Findings of configuration files, to be reported too. */
  findings?: Finding[];
  /** Called with a line about each wait of two seconds or more. */
  onProgress: (line: string) => void;
  /** The local clock, in fractional Unix seconds. */
  clock?: () => number;
}

/** The result of {@link runDoctor}. */
export interface DoctorReport {
  kind: Kind | undefined;
  /** Errors first. */
  findings: Finding[];
  /** The names of the checks that ran. */
  checked: string[];
  /** The names of the checks that could not run. */
  unchecked: string[];
}

/** Logs in to a server as clients do, with valid and with invalid credentials, and reports mistakes. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const { target, jid, minting, ca, kind, oauth = false, limitsFast = false, onProgress } = options;
  const { clock = () => Date.now() / 1000 } = options;
  const context: DoctorContext = {
    server: { target, host: jid.host, ca, deadline: performance.now() + maxRunMs },
    user: jid.localpart,
    credentials: new TestCredentials(jid.host, minting, clock),
    kind,
    oauth,
    limitsFast,
    mechanisms: [],
    abilities: [],
  };
  const expiry = expiryChecks();
  const checks = [
    ...[checkConnection, checkLogin, checkOAuth, expiry.before, checkForged, checkIdentity],
    ...[checkSizes, checkOffline, checkFast, expiry.after],
  ];
  const names = checks.map(({ name }) => name);
  const observations: Observation[] = [];
  let done = 0;
  for (const { waitLabel, run } of checks) {
    const timer = setTimeout(() => onProgress(`waiting for ${waitLabel}`), announceAfterMs);
    try {
      observations.push(...(await run(context)));
      done++;
    } catch (error) {
      if (!(error instanceof AbortChecks)) throw error;
      observations.push(observe(error.code, error.message));
      break;
    } finally {
      clearTimeout(timer);
    }
  }
  const observed = observations.map(({ code, what, overrides }) =>
    finding(code, what, context.kind, overrides),
  );
  return {
    kind: context.kind,
    findings: prioritize([...(options.findings ?? []), ...observed]),
    checked: names.slice(0, done),
    unchecked: [...(target.scheme === "ws" ? ["TLS", "certificate"] : []), ...names.slice(done)],
  };
}
