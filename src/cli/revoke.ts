import type { Command } from "commander";
import type { BareJid } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { revokeCredential, revokeUser } from "../verify/index.ts";
import { open, openStore } from "./mayfly.ts";
import { moment } from "./moment.ts";
import { bareJid, configFile, given } from "./usage.ts";

interface Options {
  credential?: string;
  username?: string;
}

/** `mayfly revoke alice@example.com` */
export function revoke(program: Command): void {
  program
    .command("revoke")
    .description("take back what a user was given until now, or one credential")
    .argument("[jid]", "the user whose credentials are refused from now on")
    .option("--credential <credential>", "a password or token; - reads it from standard input")
    .option("--username <username>", "the <expiry>:<id> presented beside it, where one was")
    .addHelpText(
      "after",
      `
A JWT says when it was minted: those minted later are good at once. A MAC does
not: until the host's max_ttl has passed, all MACs of the user are refused that
may have been minted before, which are those that expire within that time.

Example: mayfly revoke alice@example.com`,
    )
    .action(async (jid: string | undefined, options: Options, command: Command) => {
      if ((jid === undefined) === (options.credential === undefined)) {
        const which = jid === undefined ? "none is there" : "not both";
        throw new MayflyError(
          "ERR_REQUEST",
          `name a JID, or a credential with --credential: ${which}`,
        );
      }
      if (jid !== undefined && options.username !== undefined) {
        throw new MayflyError("ERR_REQUEST", "--username goes with --credential, not with a JID");
      }
      const user = jid === undefined ? undefined : bareJid(jid, "<jid>");
      const { source, store, policies } = await open(configFile(command), { openStore });
      if (!store) {
        throw new MayflyError("ERR_CONFIG", `${source}: to revoke needs a store, such as lmdb:DIR`);
      }
      try {
        const line =
          user === undefined
            ? await one(options, (text) => revokeCredential(text, options.username, { store }))
            : await all(user, (localpart, host) =>
                revokeUser(localpart, host, { store, policies }),
              );
        process.stdout.write(`${line}\n`);
      } finally {
        await store.close();
      }
    });
}

async function one(
  { credential = "" }: Options,
  take: (text: string) => Promise<number | undefined>,
): Promise<string> {
  const expires = await take(await given(credential));
  if (expires === undefined)
    throw new MayflyError(
      "ERR_REQUEST",
      "--credential: that is no credential: give a whole password or token",
    );
  return `revoked: it would have expired ${moment(expires)}`;
}

async function all(
  { localpart, host }: BareJid,
  take: (user: string, host: string) => Promise<boolean>,
): Promise<string> {
  if (await take(localpart, host)) return `revoked: what ${localpart}@${host} was given until now`;
  throw new MayflyError("ERR_HOST", `${host} is not one of the hosts served: name it under hosts:`);
}
