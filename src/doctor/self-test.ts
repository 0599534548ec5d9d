import { existsSync, readFileSync } from "node:fs";
import { type Account, findAccount } from "./account.ts";
import { type Code, type Finding, finding, type Saying } from "./finding.ts";
import { whyNotInterpreted } from "./interpreter.ts";
import { findProgram, servicePath, whyNotStarted, wordsOf } from "./program-words.ts";
import { type Surroundings, type Trial, tryProgram } from "./trial.ts";

/** What to start, and how. */
export interface SelfTest {
  /** The value of `extauth_program:`. */
  command: string;
  /** The user to start it as; our own when absent. */
  account?: Account | undefined;
  host: string;
  /** A login that it must accept. */
  login?: { user: string; password: string };
  /** Is told what is waited for. */
  say: (line: string) => void;
}

const slow = 5_000;
/** For an answer, for one where it is known to fail, and for all. */
const patience = { first: 8_000, again: 4_000, all: 26_000 };

/**
 * Starts a program as ejabberd does: with its user, folder and environment, and nothing of ours; and
 * tells why it fails there, though it may work by hand.
 */
export async function selfTest(test: SelfTest): Promise<Finding[]> {
  const { command, host, login, say } = test;
  const me = process.getuid?.() ?? 0;
  const account = test.account ?? findAccount(me);
  const service: Surroundings = {
    env: { PATH: servicePath, LANG: "C.UTF-8", ...(account && { HOME: account.home }) },
    cwd: account && existsSync(account.home) ? account.home : "/",
    ...(account && account.uid !== me && { account }),
  };
  const requests = [
    `isuser:mayfly-selftest:${host}`,
    `auth:mayfly-selftest:${host}:nonsense`,
    ...(login ? [`auth:${login.user}:${host}:${login.password}`] : []),
  ];
  const late = performance.now() + patience.all;
  const trial = await tryIn(service, patience.first, "the program, as the service starts it");
  const findings = judge(trial);
  const isBroken = findings.some(({ severity }) => severity === "error");
  const difference = isBroken ? await compare() : undefined;
  return [...findings, ...(difference ? [difference] : []), ...hidden()];

  async function tryIn(surroundings: Surroundings, longest: number, what: string): Promise<Trial> {
    const timer = setTimeout(() => say(`waiting for ${what}`), 2_000);
    try {
      return await tryProgram(command, surroundings, requests, longest);
    } finally {
      clearTimeout(timer);
    }
  }

  function judge(trial: Trial): Finding[] {
    const { replies, exit, surplus } = trial;
    const said = complaints(trial.stderr);
    if (exit !== undefined || replies.length < requests.length) {
      const known = account && whyNotStarted(command, account);
      const program = findProgram(wordsOf(command)[0] ?? "");
      const why = known ?? (program ? whyNotInterpreted(program) : undefined);
      const how = exit === undefined ? "does not answer within 8 s" : `exits at once (${exit})`;
      const words = why?.what ?? (said.at(-1) || lastLine(trial.stderr));
      const code = exit === undefined ? "no-answer" : "not-started";
      const fix = why ? { fix: why.fix } : {};
      return [found(code, words ? `it ${how}: ${words}` : `it ${how}, and says nothing`, fix)];
    }
    const wrong = replies.find((reply) => typeof reply === "string");
    if (wrong !== undefined || surplus !== "") {
      const what = `it writes what is no reply: ${wrong ?? surplus.slice(0, 40)} (hex)`;
      return [found("wrong-reply", what)];
    }
    const [, nonsense, valid] = replies;
    const log = said.filter((line) => /^cannot log to/.test(line));
    const others = said.filter((line) => !log.includes(line));
    return [
      ...(nonsense === true
        ? [found("tampered-accepted", "it accepts a password that is nonsense")]
        : []),
      ...others.map((line) => found("configuration", `it says: ${line}`)),
      ...(valid === false && others.length === 0
        ? [found("secret-mismatch", "it refuses a credential that is minted here and now")]
        : []),
      ...log.map((line) => found("log", line)),
      ...(trial.first > slow
        ? [found("slow-start", `its first answer takes ${Math.round(trial.first / 1000)} s`)]
        : []),
      ...(trial.ends ? [] : [found("lingers", "it does not end with its input")]),
    ];
  }

  /** Tries it by hand, and then with one thing of that at a time: what helps is what is missing. */
  async function compare(): Promise<Finding | undefined> {
    const hand: Surroundings = { env: ours(), cwd: process.cwd() };
    if (!isWell(await tryIn(hand, patience.again, "the program, by hand"))) return undefined;
    const { PATH = "", ...env } = hand.env;
    const names = Object.keys(env).filter((name) => /^(MAYFLY|NODE)_/.test(name));
    const changes: [string, string, Surroundings][] = [
      [
        "PATH",
        "write the whole path of each program that it starts",
        { ...service, env: { ...service.env, PATH } },
      ],
      ...names.map((name): [string, string, Surroundings] => [
        `the environment variable ${name}`,
        name === "MAYFLY_CONFIG"
          ? "name the file: mayfly extauth --config FILE"
          : `extauth_program: "/usr/bin/env ${name}=… PROGRAM", or a line in the configuration`,
        { ...service, env: { ...service.env, [name]: env[name] ?? "" } },
      ]),
      [
        `the folder ${hand.cwd}`,
        "write whole paths: extauth_program: … --config /etc/mayfly/mayfly.yml",
        { ...service, cwd: hand.cwd },
      ],
      [
        `the rights of the user ${findAccount(me)?.name ?? me}`,
        `give ${account?.name} the right to read and execute what it names`,
        { env: service.env, cwd: service.cwd },
      ],
    ];
    for (const [what, fix, surroundings] of changes) {
      if (surroundings.cwd === service.cwd && surroundings.env === service.env && !service.account)
        continue;
      if (performance.now() + patience.again > late) return undefined;
      if (!isWell(await tryIn(surroundings, patience.again, `the program, with ${what}`))) continue;
      return found("environment", `by hand it works: what the service lacks is ${what}`, { fix });
    }
    return undefined;
  }

  function isWell(trial: Trial): boolean {
    return !judge(trial).some(({ severity }) => severity === "error");
  }

  /** Debian's unit hides folders: those that systemd.exec(5) names. That cannot be tried here. */
  function hidden(): Finding[] {
    if (account?.name !== "ejabberd") return [];
    const unit =
      read("/etc/systemd/system/ejabberd.service") || read("/lib/systemd/system/ejabberd.service");
    const folders = [
      ...(/^ProtectHome=(true|yes)/m.test(unit) ? ["/home/", "/root/"] : []),
      ...(/^PrivateTmp=(true|yes)/m.test(unit) ? ["/tmp/", "/var/tmp/"] : []),
    ];
    const path = wordsOf(command).find((word) => folders.some((folder) => word.startsWith(folder)));
    if (path === undefined) return [];
    return [found("hidden", `ejabberd.service hides ${path} from ejabberd`)];
  }

  function found(code: Code, what: string, saying?: Saying): Finding {
    return finding(code, what, "ejabberd", saying);
  }
}

function ours(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** The errors in a log of JSON lines. */
function complaints(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) => {
    try {
      const { level, msg } = JSON.parse(line);
      return level === "error" && typeof msg === "string" ? [printable(msg)] : [];
    } catch {
      return [];
    }
  });
}

/** The line of an error, or the last one: behind an error Node writes where it was. */
function lastLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return printable(
    lines.find((line) => /error|not found|denied/i.test(line)) ?? lines.at(-1) ?? "",
  );
}

/** A program may say anything, and a terminal would obey it. */
function printable(line: string): string {
  return line
    .replace(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, 300);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
