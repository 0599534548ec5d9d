import { randomUUID } from "node:crypto";
import type { Config } from "../../../config/index.ts";
import type { Issuer } from "../../../keyring/index.ts";
import type { AuthContext } from "../../../runtime/context.ts";
import type { Problem } from "./problem.ts";

/** Asks what the configuration names on the network. LMDB is left alone: its files would be this user's. */
export async function askOthers(
  { keyring, store }: AuthContext,
  config: Config,
): Promise<Problem[]> {
  const problems = await Promise.all([
    ...keyring.issuers.flatMap((issuer) => [askForKeys(issuer), askAboutToken(issuer)]),
    ...(store && /^rediss?:/.test(config.store ?? "") ? [askStore(store)] : []),
  ]);
  return problems.flatMap((problem) => problem ?? []);
}

async function askForKeys({ issuer, keys, algorithms }: Issuer): Promise<Problem | undefined> {
  try {
    for (const alg of algorithms) if ((await keys.getKeys({ alg })).length > 0) return undefined;
    const what = `issuer ${issuer}: its jwks has no key for ${algorithms.join(", ")}`;
    return { severity: "error", what, fix: "algorithms: those that its keys are for" };
  } catch (error) {
    const what = `issuer ${issuer}: ${messageOf(error)}`;
    return { severity: "error", what, fix: "jwks: the URL that answers from this machine" };
  }
}

/** Asks about a made-up token. An issuer that knows Mayfly answers that it is not active. */
async function askAboutToken({ issuer, ...options }: Issuer): Promise<Problem | undefined> {
  const { lookup, isAudienceKnown } = options;
  try {
    await lookup?.(`mayfly-check-${randomUUID()}`);
    return undefined;
  } catch (error) {
    const [name, fix] = isAudienceKnown
      ? ["introspection", "introspection: the client_id and client_secret of a client that may ask"]
      : ["userinfo", "the issuer: its userinfo endpoint must answer this machine"];
    const what = `issuer ${issuer}: it does not answer by ${name}: ${messageOf(error)}`;
    return { severity: "error", what, fix };
  }
}

function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

async function askStore(store: NonNullable<AuthContext["store"]>): Promise<Problem | undefined> {
  try {
    await store.getStatus("mayfly check", "mayfly-check@localhost");
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return { severity: "error", what: message, fix: "store: the URL of a Redis that answers" };
  }
}
