import type { Command } from "commander";
import { isConfigured } from "../config/index.ts";
import { type Presented, takeApart, whyMalformed } from "../credential/index.ts";
import type { Store } from "../store/index.ts";
import { type Decision, verify } from "../verify/index.ts";
import { open, openStore } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { bareJid, configFile, given } from "./usage.ts";

interface Options {
  jid?: string;
  username?: string;
  json?: true;
}

/** `mayfly explain TOKEN-OR-PASSWORD` */
export function explain(program: Command): void {
  program
    .command("explain")
    .description("take a credential apart; with the keyring at hand, say what verify would")
    .argument("<credential>", "the password or token; - reads it from standard input")
    .option("--username <username>", "the <expiry>:<id> presented beside it, where one was")
    .option("--jid <jid>", "who logs in with it, where it does not say")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Exit status: 0 a credential, 1 malformed, 2 wrong usage or configuration.

Example: mayfly explain - < password.txt`,
    )
    .action(async (text: string, { json, ...options }: Options, command: Command) => {
      const password = await given(text);
      const presented = takeApart(password, options.username);
      const facts = presented ? factsOf(presented) : { problem: whyMalformed(password) };
      const jid = options.jid ?? (presented && ownerOf(presented));
      const file = configFile(command);
      if (presented && jid !== undefined && isConfigured(file)) {
        Object.assign(facts, {
          jid,
          decision: await decide(jid, password, options.username, file),
        });
      }
      process.stdout.write(json ? `${JSON.stringify(facts)}\n` : table(facts));
      process.exitCode = presented ? 0 : 1;
    });
}

/** What a credential says of itself. */
function factsOf(presented: Presented): object {
  if (presented.format === "jwt") {
    const { header, claims } = presented;
    const { exp } = claims ?? {};
    return {
      ...{ format: "jwt", algorithm: header.alg, key: header.kid, type: header.typ },
      ...{ expires: typeof exp === "number" ? exp : undefined, claims },
    };
  }
  const { format, presentation, id, expires } = presented;
  const isLate = expires > 99_999_999_999;
  const note = isLate ? "the expiry may be in milliseconds: seconds are meant" : undefined;
  return { format, presentation, id, expires, note };
}

/** Whom a credential names. */
function ownerOf(presented: Presented): string | undefined {
  const owner = presented.format === "jwt" ? presented.claims?.sub : presented.id;
  return typeof owner === "string" && owner.includes("@") ? owner : undefined;
}

async function decide(
  jid: string,
  password: string,
  username: string | undefined,
  file: string | undefined,
): Promise<Decision> {
  const { localpart: user, host } = bareJid(jid, "--jid");
  const login = { user, host, password, ...(username !== undefined && { username }) };
  const { store, ...mayfly } = await open(file, { openStore });
  const decision = await verify(login, { ...mayfly, ...(store && { store: unchanged(store) }) });
  await store?.close();
  return decision;
}

/** A store that is looked at, and left as it is: to explain a credential is not to use it. */
function unchanged(store: Store): Store {
  const nothing = async () => {};
  return {
    look: (...args) => store.look(...args),
    hasSeen: (...args) => store.hasSeen(...args),
    claim: async () => true,
    ...{ revoke: nothing, revokeUser: nothing, see: nothing, close: nothing },
  };
}

/** One line a fact. What came with the credential is shown as JSON: it may hold anything. */
function table(facts: object): string {
  const lines = Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name !== "claims")
      return [line(name, name === "decision" ? verdict(value) : shown(name, value))];
    return Object.entries(value as object).map(([claim, it]) =>
      line(`  ${claim}`, shown(claim, it)),
    );
  });
  return `${lines.join("\n")}\n`;
}

function line(name: string, value: string): string {
  return `${name.padEnd(13)} ${value}`;
}

function shown(name: string, value: unknown): string {
  const isTime = ["expires", "exp", "iat", "nbf"].includes(name) && typeof value === "number";
  if (isTime && value <= 8.64e12) return moment(value);
  return JSON.stringify(value);
}

function verdict(decision: Decision): string {
  return decision.ok ? `accepted, key ${decision.key}` : `refused: ${decision.reason}`;
}
