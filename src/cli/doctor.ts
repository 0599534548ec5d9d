import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { KeyFile } from "../config/index.ts";
import type { Finding, Report } from "../doctor/index.ts";
import { MayflyError } from "../error.ts";
import { print } from "./findings.ts";
import { openSecrets } from "./keys-list.ts";
import { open } from "./mayfly.ts";
import { bareJid, configFile } from "./usage.ts";

interface Options {
  jid: string;
  ca?: string;
  ejabberdConfig?: string;
  prosodyConfig?: string;
  json?: true;
}

/** `mayfly doctor wss://chat.example.com/ws --jid alice@example.com` */
export function doctor(program: Command): void {
  program
    .command("doctor")
    .description("log in to a server for real, rightly and wrongly, and say what to mend")
    .argument("<url>", "wss://HOST/PATH, xmpp://HOST:5222 or xmpps://HOST:5223")
    .requiredOption("--jid <jid>", "a user who may log in, such as alice@example.com")
    .option("--ca <file>", "the certificates to trust, where a CA of your own has signed")
    .option("--ejabberd-config <file>", "ejabberd.yml, to be read for mistakes too")
    .addOption(
      new Option("--prosody-config <file>", "prosody.cfg.lua, likewise").conflicts(
        "ejabberdConfig",
      ),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
It speaks to nobody but that server, with credentials that live for seconds, and
leaves nothing behind.

Exit status: 0 no error found, 1 an error found, 2 wrong usage or configuration.

Example: mayfly doctor wss://chat.example.com/ws --jid alice@example.com`,
    )
    .action(async (url: string, options: Options, command: Command) => {
      const report = await examineServer(url, options, configFile(command));
      if (options.json)
        process.stdout.write(`${JSON.stringify({ url, jid: options.jid, ...report })}\n`);
      else show(url, report);
      process.exitCode = report.findings.some(({ severity }) => severity === "error") ? 1 : 0;
    });
}

async function examineServer(url: string, options: Options, file?: string): Promise<Report> {
  const { examine, parseTarget, secretsReadable } = await import("../doctor/index.ts");
  const target = parseTarget(url);
  const jid = bareJid(options.jid, "--jid");
  const ca = options.ca === undefined ? undefined : read(options.ca, "--ca");
  const minting = await open(file);
  if (!minting.policies.of(jid.host)) {
    throw new MayflyError(
      "ERR_HOST",
      `${minting.source}: ${jid.host} is not one of the hosts served: name it under hosts:`,
    );
  }
  if (!minting.keyring.minting({ host: jid.host, service: "xmpp" })) {
    const need = `a key in state mint that serves xmpp on ${jid.host}`;
    throw new MayflyError("ERR_NO_KEY", `${minting.source}: doctor needs ${need}`);
  }
  const written = await readFiles(options, jid.host);
  const secrets = minting.source === "MAYFLY_SECRET" ? [] : openSecrets(new KeyFile(file));
  const findings = [...written.findings, ...secretsReadable(secrets)];
  return examine({ target, jid, minting, ca, ...written, findings, say });
}

async function readFiles(
  { ejabberdConfig, prosodyConfig }: Options,
  host: string,
): Promise<{ findings: Finding[]; oauth?: boolean; kind?: "ejabberd" | "prosody" }> {
  const { readEjabberd, readProsody } = await import("../doctor/index.ts");
  if (ejabberdConfig !== undefined) {
    const text = read(ejabberdConfig, "--ejabberd-config");
    return { kind: "ejabberd", ...readEjabberd(text, ejabberdConfig, host) };
  }
  if (prosodyConfig === undefined) return { findings: [] };
  const text = read(prosodyConfig, "--prosody-config");
  return { kind: "prosody", findings: readProsody(text, prosodyConfig, host) };
}

function read(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MayflyError("ERR_REQUEST", `${option} ${path} cannot be read (${code})`);
  }
}

function show(url: string, { kind, findings, checked, unchecked }: Report): void {
  const names = { ejabberd: " (ejabberd)", prosody: " (Prosody)" };
  print(findings, `${url}${kind ? names[kind] : ""}: nothing to mend in ${checked.length} checks`);
  if (unchecked.length > 0) process.stdout.write(`not checked: ${unchecked.join(", ")}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line} ...\n`);
}
