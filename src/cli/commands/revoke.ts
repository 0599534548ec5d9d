import type { Command } from "commander";
import type { BareJid } from "../../credential/index.ts";
import { MayflyError } from "../../error.ts";
import { type AuthContext, loadContext, openStore } from "../../runtime/context.ts";
import type { RevocationOutcome } from "../../sessions/index.ts";
import type { Store } from "../../store/index.ts";
import { formatTime } from "../../time.ts";
import { isSigned } from "../../verify/index.ts";
import { argumentOrStdin, configFile } from "../arguments.ts";
import { printLines } from "../output.ts";
import { describeNotReached, describeServers } from "../print-sessions.ts";
import { bareJid, duration } from "../values.ts";
import { warn } from "../warn.ts";

interface Options {
  reason?: string;
  json?: true;
  credential?: string;
  username?: string;
  jid?: string;
  longest?: number;
}

/** `mayfly revoke alice@example.com` */
export function revoke(program: Command): void {
  program
    .command("revoke")
    .description("Revoke all credentials minted for a user so far, or a single one.")
    .argument("[jid]", "user whose credentials to revoke")
    .option(
      "--credential <credential>",
      "password or token to revoke; - reads it from standard input",
    )
    .option("--username <username>", "username presented with it, if it is <expiry>:<id>")
    .option("--jid <jid>", "user it was minted for, to check its signature if it does not name one")
    .option(
      "--longest <duration>",
      "longest lifetime of the user's MACs, if longer than max_ttl",
      duration,
    )
    .option("--reason <text>", "text for the people whose sessions end")
    .option("--json", "print what was done as JSON")
    .addHelpText(
      "after",
      `
XMPP servers that follow the feed end the sessions that were opened with what is
revoked; the command waits up to 5 s for them to say how many.

A JWT tells when it was minted: JWTs minted after the revocation are accepted at
once. A MAC does not: for the host's max_ttl from now, the user's MACs that may
have been minted before are refused, which are those that expire within that
time. If max_ttl was lowered recently, or an app mints longer-lived MACs, give
their lifetime with --longest, such as --longest 24h.

Any credential is revoked, with a warning if no key of the configuration signed
it, or if that cannot be checked.

Example: mayfly revoke alice@example.com`,
    )
    .action(async (jid: string | undefined, options: Options, command: Command) => {
      if ((jid === undefined) === (options.credential === undefined)) {
        const which = jid === undefined ? "neither is given" : "not both";
        throw new MayflyError("ERR_REQUEST", `give a JID or --credential: ${which}`);
      }
      if (jid === undefined && options.longest !== undefined) {
        throw new MayflyError("ERR_REQUEST", "--longest goes with a JID, not with --credential");
      }
      const [beside] = (["username", "jid"] as const).filter((it) => options[it] !== undefined);
      if (jid !== undefined && beside !== undefined) {
        throw new MayflyError("ERR_REQUEST", `--${beside} goes with --credential, not with a JID`);
      }
      const user = jid === undefined ? undefined : bareJid(jid, "<jid>");
      const owner = options.jid === undefined ? undefined : bareJid(options.jid, "--jid");
      const context = await loadContext(configFile(command), { openStore });
      const { source, store } = context;
      if (!store) {
        throw new MayflyError("ERR_CONFIG", `${source}: revoking needs a store, such as lmdb:DIR`);
      }
      try {
        const found =
          user === undefined
            ? await one(options, owner, { ...context, store })
            : await all(user, options, { ...context, store });
        print(found, options, context.feed !== undefined);
      } finally {
        await store.close();
      }
    });
}

/** Prints what was done. Of sessions it speaks where there is a server that could know of them. */
function print(
  [outcome, line]: [RevocationOutcome, line: string],
  { json }: Options,
  hasFeed: boolean,
): void {
  if (json) {
    printLines(JSON.stringify(outcome));
    return;
  }
  const { servers, notReached } = outcome;
  const rest =
    hasFeed || servers.length > 0
      ? [`ended: ${describeServers(servers, "ended")}`, ...describeNotReached(notReached)]
      : [];
  printLines(line, ...rest);
}

const unknown =
  "a password does not name its user (add --jid alice@example.com), or an issuer was unreachable";

async function one(
  { credential = "", username, reason }: Options,
  jid: BareJid | undefined,
  { source, keyring, store }: AuthContext & { store: Store },
): Promise<[RevocationOutcome, string]> {
  const { revokeCredentialEverywhere } = await import("../../sessions/index.ts");
  const password = await argumentOrStdin(credential);
  const outcome = await revokeCredentialEverywhere(password, { store, keyring, username, reason });
  if (!outcome)
    throw new MayflyError(
      "ERR_REQUEST",
      "--credential is not a credential: give the whole password or token; for an opaque token, revoke its user",
    );
  const signed = await isSigned({ password, username, jid }, { keyring });
  if (signed === false)
    warn(`no key of ${source} signed it: check that it is complete and whose it is`);
  if (signed === undefined)
    warn(`whether a key of ${source} signed it was not checked: ${unknown}`);
  return [outcome, `revoked: it would have expired ${formatTime(outcome.expires as number)}`];
}

async function all(
  { localpart, host }: BareJid,
  { reason, longest = 0 }: Options,
  { keyring, policies, store }: AuthContext & { store: Store },
): Promise<[RevocationOutcome, string]> {
  const { revokeEverywhere } = await import("../../sessions/index.ts");
  const options = { store, keyring, policies, longestTtl: longest, reason };
  const outcome = await revokeEverywhere(localpart, host, options);
  if (outcome)
    return [outcome, `revoked: all credentials minted for ${localpart}@${host} until now`];
  throw new MayflyError("ERR_HOST", `${host} is not one of the hosts served: add it under hosts:`);
}
