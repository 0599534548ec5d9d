import type { Command } from "commander";
import { isConfigured } from "../../config/index.ts";
import {
  explainMalformed,
  findSlips,
  isInMilliseconds,
  type ParsedCredential,
  parseCredential,
  subjectOf,
} from "../../credential/index.ts";
import { loadContext, openStore } from "../../runtime/context.ts";
import type { Store } from "../../store/index.ts";
import { formatTime } from "../../time.ts";
import { type Decision, verify } from "../../verify/index.ts";
import { argumentOrStdin, configFile } from "../arguments.ts";
import { printLines } from "../output.ts";
import { bareJid } from "../values.ts";

interface Options {
  jid?: string;
  username?: string;
  json?: true;
}

/** `mayfly explain TOKEN-OR-PASSWORD` */
export function explain(program: Command): void {
  program
    .command("explain")
    .description("Decode a credential and, with the keyring, tell whether it is valid.")
    .argument("<credential>", "password or token; - reads it from standard input")
    .option("--username <username>", "username presented with it, if it is <expiry>:<id>")
    .option("--jid <jid>", "user to verify it for, if it does not name one")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 decoded, 1 malformed, 2 usage or configuration error.

Example: mayfly explain - < password.txt`,
    )
    .action(async (text: string, { json, ...options }: Options, command: Command) => {
      const password = await argumentOrStdin(text);
      const presented = parseCredential(password, options.username);
      const facts = presented
        ? factsOf(presented, noteOn(presented, password, options.username))
        : { problem: explainMalformed(password, options.username) };
      const jid = options.jid ?? (presented && jidOf(presented));
      const file = configFile(command);
      if (presented && jid !== undefined && isConfigured(file)) {
        Object.assign(facts, {
          jid,
          decision: await decide(jid, password, options.username, file),
        });
      }
      printLines(...(json ? [JSON.stringify(facts)] : table(facts)));
      process.exitCode = presented ? 0 : 1;
    });
}

/** Decoded fields of a credential. */
function factsOf(presented: ParsedCredential, note: string | undefined): object {
  if (presented.format === "jwt") {
    const { header, claims } = presented;
    const { exp } = claims ?? {};
    return {
      format: "jwt",
      algorithm: header.alg,
      key: header.kid,
      type: header.typ,
      expires: typeof exp === "number" ? exp : undefined,
      claims,
      note,
    };
  }
  const { format, presentation, id, expires } = presented;
  return { format, presentation, id, expires, note };
}

/** What is wrong with a credential that can be read all the same. */
function noteOn(
  presented: ParsedCredential,
  password: string,
  username: string | undefined,
): string | undefined {
  if (presented.format === "mojoauth") {
    return findSlips({ password, username }).join("; ") || undefined;
  }
  const { exp, nbf, iat } = presented.claims ?? {};
  const late = Object.entries({ exp, nbf, iat }).filter(([, time]) => isInMilliseconds(time));
  if (late.length === 0) return undefined;
  const names = late.map(([name]) => name).join(", ");
  return `${names} may be in milliseconds: JWTs have seconds (RFC 7519 section 2)`;
}

/** The bare JID that a credential names, unverified. */
function jidOf(presented: ParsedCredential): string | undefined {
  const { localpart, host } = subjectOf(presented) ?? {};
  return host === undefined ? undefined : `${localpart}@${host}`;
}

async function decide(
  jid: string,
  password: string,
  username: string | undefined,
  file: string | undefined,
): Promise<Decision> {
  const { localpart: user, host } = bareJid(jid, "--jid");
  const login = { user, host, password, ...(username !== undefined && { username }) };
  const { store, ...mayfly } = await loadContext(file, { openStore });
  const decision = await verify(login, { ...mayfly, ...(store && { store: unchanged(store) }) });
  await store?.close();
  return decision;
}

/** A read-only view of a store: explaining a credential must not use it up. */
function unchanged(store: Store): Store {
  const nothing = async () => {};
  return {
    getStatus: (...args) => store.getStatus(...args),
    hasSeen: (...args) => store.hasSeen(...args),
    claim: async () => true,
    revoke: nothing,
    revokeUser: nothing,
    markSeen: nothing,
    close: nothing,
  };
}

/** One line per fact. Values from the credential are printed as JSON: they may contain anything. */
function table(facts: object): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name !== "claims")
      return [line(name, name === "decision" ? verdict(value) : shown(name, value))];
    return Object.entries(value as object).map(([claim, it]) =>
      line(`  ${claim}`, shown(claim, it)),
    );
  });
}

function line(name: string, value: string): string {
  return `${name.padEnd(13)} ${value}`;
}

function shown(name: string, value: unknown): string {
  const isTime = ["expires", "exp", "iat", "nbf"].includes(name) && typeof value === "number";
  if (isTime && value <= 8.64e12) return formatTime(value);
  return JSON.stringify(value);
}

function verdict(decision: Decision): string {
  return decision.ok ? `accepted, key ${decision.key}` : `refused: ${decision.reason}`;
}
