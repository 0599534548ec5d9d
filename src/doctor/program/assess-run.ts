import type { Account } from "../account.ts";
import { type Finding, finding } from "../findings/finding.ts";
import { checkInterpreter, checkStartable, findProgram, splitCommand } from "./command.ts";
import type { ProgramRun } from "./spawn.ts";

const slowMs = 5_000;

/** The command that ran, its user, and how many requests it had to answer. */
export interface RunInput {
  command: string;
  account?: Account | undefined;
  requestCount: number;
}

/**
 * Reports what is wrong with a run of a program. Its requests are in order: a user, a nonsensical
 * password and, if there is a third, a valid one.
 */
export function assessRun(run: ProgramRun, input: RunInput): Finding[] {
  const { replies, exit, surplus } = run;
  if (exit !== undefined || replies.length < input.requestCount)
    return [explainSilence(run, input)];
  const wrong = replies.find((reply) => typeof reply === "string");
  if (wrong === undefined && surplus === "") return assessAnswers(run);
  const what = `it writes bytes that are no reply: ${wrong ?? surplus.slice(0, 40)} (hex)`;
  return [finding("wrong-reply", what, "ejabberd")];
}

/** Why a program does not answer: its files first, then what it reports itself. */
function explainSilence({ exit, stderr }: ProgramRun, { command, account }: RunInput): Finding {
  const program = findProgram(splitCommand(command)[0] ?? "");
  const obstacle =
    (account && checkStartable(command, account)) ?? (program && checkInterpreter(program));
  const how = exit === undefined ? "does not answer within 8 s" : `exits at once (${exit})`;
  const cause = obstacle ? obstacle.what : (loggedErrors(stderr).at(-1) ?? lastLine(stderr));
  const what = cause === "" ? `it ${how}, and reports nothing` : `it ${how}: ${cause}`;
  const code = exit === undefined ? "no-answer" : "not-started";
  return finding(code, what, "ejabberd", obstacle ? { fix: obstacle.fix } : {});
}

function assessAnswers({ replies, stderr, firstMs, ends }: ProgramRun): Finding[] {
  const [, nonsense, valid] = replies;
  const errors = loggedErrors(stderr);
  const logErrors = errors.filter((line) => /^cannot log to/.test(line));
  const otherErrors = errors.filter((line) => !logErrors.includes(line));
  const findings: Finding[] = [];
  const add = (code: Finding["code"], what: string) =>
    findings.push(finding(code, what, "ejabberd"));

  if (nonsense === true) add("tampered-accepted", "it accepts a nonsensical password");
  for (const line of otherErrors) add("configuration", `it reports: ${line}`);
  if (valid === false && otherErrors.length === 0)
    add("secret-mismatch", "it refuses a credential that was minted just now");
  for (const line of logErrors) add("log", line);
  if (firstMs > slowMs) add("slow-start", `its first answer takes ${Math.round(firstMs / 1000)} s`);
  if (!ends) add("lingers", "it does not exit at the end of its input");
  return findings;
}

/** The errors in a log of JSON lines. */
function loggedErrors(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) => {
    try {
      const { level, msg } = JSON.parse(line);
      return level === "error" && typeof msg === "string" ? [shorten(msg)] : [];
    } catch {
      return [];
    }
  });
}

/** The first line about an error, before Node's stack trace; otherwise the last line. */
function lastLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const error = lines.find((line) => /error|not found|denied/i.test(line));
  return shorten(error ?? lines.at(-1) ?? "");
}

/** A program may write lines of any length. */
function shorten(line: string): string {
  return line.trim().slice(0, 300);
}
