import { readFileSync } from "node:fs";
import { type Account, findAccount } from "../account.ts";
import { type Finding, finding } from "../findings/finding.ts";
import { assessRun } from "./assess-run.ts";
import { checkStartable, splitCommand } from "./command.ts";
import { environmentChanges, manualEnvironment, serviceEnvironment } from "./environments.ts";
import { type ProgramEnvironment, runProgram } from "./spawn.ts";

/** The program to start, and how. */
export interface SelfTest {
  /** The value of `extauth_program:`. */
  command: string;
  /** The user to start it as; our own when absent. */
  account?: Account | undefined;
  host: string;
  /** A login that the program must accept. */
  login?: { user: string; password: string };
  /** Called with a line about each wait of two seconds or more. */
  onProgress: (line: string) => void;
}

const announceAfterMs = 2_000;
/** `first`: for an answer; `again`: where the program is known to fail; `all`: for every start. */
const timeoutsMs = { first: 8_000, again: 4_000, all: 26_000 };

/**
 * Starts a program as ejabberd does, with its user, folder and environment, and reports why it fails
 * there, even if it works by hand.
 */
export async function selfTest(test: SelfTest): Promise<Finding[]> {
  const { command, host, login, onProgress } = test;
  const account = test.account ?? findAccount(process.getuid?.() ?? 0);
  const service = serviceEnvironment(account);
  const requests = [
    `isuser:mayfly-selftest:${host}`,
    `auth:mayfly-selftest:${host}:nonsense`,
    ...(login ? [`auth:${login.user}:${host}:${login.password}`] : []),
  ];
  const deadline = performance.now() + timeoutsMs.all;
  const findings = await start(service, timeoutsMs.first, "the program, as the service starts it");
  const difference = isBroken(findings) ? await compare() : undefined;
  return [...findings, ...(difference ? [difference] : []), ...hiddenPaths(command, account)];

  async function start(
    environment: ProgramEnvironment,
    timeoutMs: number,
    waitLabel: string,
  ): Promise<Finding[]> {
    const timer = setTimeout(() => onProgress(`waiting for ${waitLabel}`), announceAfterMs);
    try {
      const run = await runProgram(command, environment, requests, timeoutMs);
      return assessRun(run, { command, account, requestCount: requests.length });
    } finally {
      clearTimeout(timer);
    }
  }

  async function works(environment: ProgramEnvironment, waitLabel: string): Promise<boolean> {
    return !isBroken(await start(environment, timeoutsMs.again, waitLabel));
  }

  /** Starts it by hand, then with one difference at a time: the one that helps is the cause. */
  async function compare(): Promise<Finding | undefined> {
    const manual = manualEnvironment(service);
    if (!(await works(manual, "the program, by hand"))) return missingRight();
    for (const { what, fix, environment } of environmentChanges(service, manual)) {
      if (performance.now() + timeoutsMs.again > deadline) return undefined;
      if (!(await works(environment, `the program, with ${what}`))) continue;
      const found = `it works by hand: the service lacks ${what}`;
      return finding("environment", found, "ejabberd", { fix });
    }
    return undefined;
  }

  /** A right that its user lacks, read from the modes of files: the program is not started. */
  function missingRight(): Finding | undefined {
    const obstacle = service.account && checkStartable(command, service.account);
    if (!obstacle || findings.some(({ what }) => what.includes(obstacle.what))) return undefined;
    const found = `the service lacks a right: ${obstacle.what}`;
    return finding("environment", found, "ejabberd", { fix: obstacle.fix });
  }
}

function isBroken(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

/** Reports paths that Debian's unit hides from ejabberd (systemd.exec(5)); no start here shows that. */
function hiddenPaths(command: string, account: Account | undefined): Finding[] {
  if (account?.name !== "ejabberd") return [];
  const unit =
    readOrEmpty("/etc/systemd/system/ejabberd.service") ||
    readOrEmpty("/lib/systemd/system/ejabberd.service");
  const folders = [
    ...(/^ProtectHome=(true|yes)/m.test(unit) ? ["/home/", "/root/"] : []),
    ...(/^PrivateTmp=(true|yes)/m.test(unit) ? ["/tmp/", "/var/tmp/"] : []),
  ];
  const path = splitCommand(command).find((word) =>
    folders.some((folder) => word.startsWith(folder)),
  );
  if (path === undefined) return [];
  return [finding("hidden", `ejabberd.service hides ${path} from ejabberd`, "ejabberd")];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
