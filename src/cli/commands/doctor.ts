import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { KeyFile, loadConfig, writableByAll } from "../../config/index.ts";
import type { BareJid } from "../../credential/index.ts";
import type { DoctorReport, Finding, Target } from "../../doctor/index.ts";
import { MayflyError } from "../../error.ts";
import { findWeaknesses } from "../../keyring/index.ts";
import { loadContext, onceForEachProgram } from "../../runtime/context.ts";
import { configFile } from "../arguments.ts";
import { printErrorLine, printLines } from "../output.ts";
import { print } from "../print-findings.ts";
import { bareJid } from "../values.ts";
import { openSecrets } from "./keys/list.ts";

interface Options {
  jid: string;
  ca?: string;
  ejabberdConfig?: string;
  prosodyConfig?: string;
  serverLog?: string;
  json?: true;
}

/** `mayfly doctor wss://chat.example.com/ws --jid alice@example.com` */
export function doctor(program: Command): void {
  program
    .command("doctor")
    .description("Test logins on a live server and report misconfiguration.")
    .argument(
      "<url>",
      "server: wss://HOST/PATH, xmpp://HOST:5222, xmpps://HOST:5223 or ws://localhost",
    )
    .requiredOption("--jid <jid>", "user to log in as, such as alice@example.com")
    .option("--ca <file>", "CA certificates to trust, for a private CA")
    .option("--ejabberd-config <file>", "ejabberd.yml to check as well")
    .addOption(
      new Option("--prosody-config <file>", "prosody.cfg.lua to check as well").conflicts(
        "ejabberdConfig",
      ),
    )
    .option("--server-log <file>", "ejabberd.log, to see which address it has for these logins")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      `
It connects only to that server, with credentials that live for seconds, and
leaves nothing behind.

Exit status: 0 no error found, 1 an error found, 2 usage or configuration error.

Example: mayfly doctor wss://chat.example.com/ws --jid alice@example.com`,
    )
    .action(async (url: string, options: Options, command: Command) => {
      const report = await examineServer(url, options, configFile(command));
      if (options.json) printLines(JSON.stringify({ url, jid: options.jid, ...report }));
      else show(url, report);
      process.exitCode = report.findings.some(({ severity }) => severity === "error") ? 1 : 0;
    });
}

async function examineServer(url: string, options: Options, file?: string): Promise<DoctorReport> {
  const {
    runDoctor,
    configWritable,
    finding,
    parseTarget,
    scramOff,
    secretsReadable,
    standAlone,
    weakKeys,
  } = await import("../../doctor/index.ts");
  const target = parseTarget(url);
  const jid = bareJid(options.jid, "--jid");
  const ca = options.ca === undefined ? undefined : read(options.ca, "--ca");
  const minting = await loadContext(file);
  const policy = minting.policies.forHost(jid.host);
  if (!policy) {
    throw new MayflyError(
      "ERR_HOST",
      `${minting.source}: ${jid.host} is not one of the hosts served: add it under hosts:`,
    );
  }
  if (!minting.keyring.findMintKey({ host: jid.host, service: "xmpp" })) {
    const need = `a key in state mint that serves xmpp on ${jid.host}`;
    throw new MayflyError("ERR_NO_KEY", `${minting.source}: doctor needs ${need}`);
  }
  const { isStandAlone, asksForMacs, ...written } = await readFiles(options, jid.host);
  const secrets = minting.source === "MAYFLY_SECRET" ? [] : openSecrets(new KeyFile(file));
  const weaknesses = findWeaknesses(minting.keyring.keys);
  const memory = onceForEachProgram(loadConfig(file));
  const findings = [
    ...written.findings,
    ...(isStandAlone ? standAlone({ ...minting, policy }, written.kind, minting.source) : []),
    ...(asksForMacs && !policy.scram ? [scramOff(jid.host, minting.source)] : []),
    ...secretsReadable(secrets),
    ...configWritable(writableByAll(minting.source)),
    ...weakKeys(weaknesses, minting.source),
    ...(memory ? [finding("single-use-memory", memory, undefined, { where: minting.source })] : []),
  ];
  const logged =
    options.serverLog === undefined ? 0 : read(options.serverLog, "--server-log").length;
  const report = await runDoctor({ target, jid, minting, ca, ...written, findings, onProgress });
  return addAddresses(report, options.serverLog, logged, { target, jid });
}

/** Adds to a report that the server did not see the address of these logins. */
async function addAddresses(
  report: DoctorReport,
  path: string | undefined,
  from: number,
  { target, jid }: { target: Target; jid: BareJid },
): Promise<DoctorReport> {
  if (path === undefined) return report;
  const { isLoopback, realAddress } = await import("../../doctor/index.ts");
  const { lookup } = await import("node:dns/promises");
  const { address } = await lookup(target.hostname).catch(() => ({ address: "" }));
  const unchecked = [...report.unchecked, "address"];
  // From loopback to loopback there is no other address than the proxy's.
  if (isLoopback(address)) return { ...report, unchecked };
  const text = read(path, "--server-log").slice(from);
  const found = realAddress({ text, path, localpart: jid.localpart, host: jid.host });
  return {
    ...report,
    findings: [...found, ...report.findings],
    checked: [...report.checked, "address"],
  };
}

/** Findings in the server's own configuration files. */
interface WrittenFindings {
  findings: Finding[];
  oauth?: boolean;
  limitsFast?: boolean;
  isStandAlone?: boolean;
  asksForMacs?: boolean;
  kind?: "ejabberd" | "prosody";
}

async function readFiles(
  { ejabberdConfig, prosodyConfig }: Options,
  host: string,
): Promise<WrittenFindings> {
  const { readEjabberd, readProsody } = await import("../../doctor/index.ts");
  if (ejabberdConfig !== undefined) {
    const text = read(ejabberdConfig, "--ejabberd-config");
    return { kind: "ejabberd", ...readEjabberd(text, ejabberdConfig, host) };
  }
  if (prosodyConfig === undefined) return { findings: [] };
  const text = read(prosodyConfig, "--prosody-config");
  return { kind: "prosody", ...readProsody(text, prosodyConfig, host) };
}

function read(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MayflyError("ERR_REQUEST", `${option} ${path} cannot be read (${code})`);
  }
}

function show(url: string, { kind, findings, checked, unchecked }: DoctorReport): void {
  const names = { ejabberd: " (ejabberd)", prosody: " (Prosody)" };
  print(findings, `${url}${kind ? names[kind] : ""}: ${checked.length} checks passed`);
  if (unchecked.length > 0) printLines(`not checked: ${unchecked.join(", ")}`);
}

function onProgress(line: string): void {
  printErrorLine(`${line} ...`);
}
