import type { Command } from "commander";
import type { Account } from "../doctor/index.ts";
import { MayflyError } from "../error.ts";
import { mint } from "../mint/index.ts";
import { print } from "./findings.ts";
import { open } from "./mayfly.ts";
import { bareJid, configFile } from "./usage.ts";

interface Options {
  user?: string;
  jid?: string;
  json?: true;
}

/** `mayfly selftest --user ejabberd -- '/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml'` */
export function selftest(program: Command): void {
  program
    .command("selftest")
    .description("start a server's program as the server would, and say why it fails there")
    .argument("<program...>", "what stands behind extauth_program:, after --")
    .option("--user <name>", "the user that the server runs as (default: who runs this)")
    .option("--jid <jid>", "also mint a credential for this user: the program must accept it")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 no error found, 1 an error found, 2 wrong usage or configuration.

Example: mayfly selftest --user ejabberd -- '/usr/bin/mayfly extauth'`,
    )
    .action(async (words: string[], options: Options, command: Command) => {
      const { selfTest } = await import("../doctor/index.ts");
      const account = options.user === undefined ? undefined : await accountOf(options.user);
      const findings = await selfTest({
        command: words.length === 1 ? String(words[0]) : words.map(quote).join(" "),
        account,
        host: "localhost",
        ...(options.jid !== undefined && (await loginOf(options.jid, configFile(command)))),
        say,
      });
      if (options.json) process.stdout.write(`${JSON.stringify({ findings })}\n`);
      else
        print(findings, "the program starts, answers, refuses nonsense, and ends with its input");
      process.exitCode = findings.some(({ severity }) => severity === "error") ? 1 : 0;
    });
}

async function accountOf(name: string): Promise<Account> {
  const { findAccount } = await import("../doctor/index.ts");
  const account = findAccount(name);
  if (!account) throw new MayflyError("ERR_REQUEST", `--user ${name}: there is no such user`);
  const me = process.getuid?.();
  if (me === 0 || me === account.uid) return account;
  throw new MayflyError(
    "ERR_REQUEST",
    `to start it as ${name}: sudo mayfly selftest --user ${name} …`,
  );
}

async function loginOf(jid: string, file: string | undefined) {
  const { localpart: user, host } = bareJid(jid, "--jid");
  const { password } = await mint({ jid, ttl: 30 }, await open(file));
  return { host, login: { user, password } };
}

function say(line: string): void {
  process.stderr.write(`${line} ...\n`);
}

/** For the shell that the program is started with. */
function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
