import type { Command } from "commander";
import type { Account } from "../../doctor/index.ts";
import { MayflyError } from "../../error.ts";
import { mint } from "../../mint/index.ts";
import { loadContext } from "../../runtime/context.ts";
import { configFile } from "../arguments.ts";
import { printErrorLine, printLines } from "../output.ts";
import { print } from "../print-findings.ts";
import { bareJid } from "../values.ts";

interface Options {
  user?: string;
  jid?: string;
  json?: true;
}

/** `mayfly selftest --user ejabberd -- '/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml'` */
export function selftest(program: Command): void {
  program
    .command("selftest")
    .description("Run an extauth program as the XMPP server would and report problems.")
    .argument("<program...>", "the value of extauth_program:, after --")
    .option("--user <name>", "system user that the server runs as (default: the current user)")
    .option("--jid <jid>", "also test a login as this user, with a fresh credential")
    .option("--json", "print the findings as JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 no error found, 1 an error found, 2 usage or configuration error.

Example: mayfly selftest --user ejabberd -- '/usr/bin/mayfly extauth'`,
    )
    .action(async (words: string[], options: Options, command: Command) => {
      const { selfTest } = await import("../../doctor/index.ts");
      const account = options.user === undefined ? undefined : await accountOf(options.user);
      const findings = await selfTest({
        command: words.length === 1 ? String(words[0]) : words.map(quote).join(" "),
        account,
        host: "localhost",
        ...(options.jid !== undefined && (await loginOf(options.jid, configFile(command)))),
        onProgress,
      });
      if (options.json) printLines(JSON.stringify({ findings }));
      else
        print(
          findings,
          "the program starts, answers, refuses malformed requests, and exits when its input closes",
        );
      process.exitCode = findings.some(({ severity }) => severity === "error") ? 1 : 0;
    });
}

async function accountOf(name: string): Promise<Account> {
  const { findAccount } = await import("../../doctor/index.ts");
  const account = findAccount(name);
  if (!account) throw new MayflyError("ERR_REQUEST", `--user ${name}: there is no such user`);
  const me = process.getuid?.();
  if (me === 0 || me === account.uid) return account;
  throw new MayflyError(
    "ERR_REQUEST",
    `only root can start it as ${name}: sudo mayfly selftest --user ${name} …`,
  );
}

async function loginOf(jid: string, file: string | undefined) {
  const { localpart: user, host } = bareJid(jid, "--jid");
  const { password } = await mint({ jid, ttl: 30 }, await loadContext(file));
  return { host, login: { user, password } };
}

function onProgress(line: string): void {
  printErrorLine(`${line} ...`);
}

/** Quotes a word for the shell that starts the program. */
function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
