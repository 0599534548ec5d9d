import { isHash, mac, parseUsername, type Reason, subjectOf } from "../credential/index.ts";
import { keyMismatch } from "../keyring/index.ts";
import { Policies, type Policy } from "../policy.ts";
import { currentTime } from "../time.ts";
import { judgeExpiry, validateId } from "./mojoauth.ts";
import type { VerifyOptions } from "./types.ts";

/** A MojoAuth username whose MACs are asked for. */
export interface MacRequest {
  /** `<expiry>:<id>` */
  username: string;
  host: string;
}

/** The MACs of a MojoAuth username, or why a server gets none. */
export type MacResult = {
  /** The localpart that it names, if any. */
  user?: string | undefined;
} & (
  | {
      ok: true;
      /** One of each key that may have signed it, in their order. */
      macs: string[];
    }
  | {
      ok: false;
      /** `scram-off`: the host's policy keeps MACs from servers. */
      reason: Reason | "scram-off";
    }
);

const anyHost = new Policies();

/**
 * Lists the MACs that a MojoAuth username may have, one of each key, for a server that has a client
 * prove one by SCRAM (RFC 5802). A MAC is as good as the password: it is told only where the host's
 * policy has `scram`. The server still has to verify the one that the client proved.
 */
export function listMacs(
  { username, host }: MacRequest,
  { keyring, policies = anyHost, now = currentTime() }: VerifyOptions,
): MacResult {
  const parsed = parseUsername(username);
  const user = parsed && subjectOf({ format: "mojoauth", ...parsed })?.localpart;
  const reason = whyNot(parsed, user, policies.forHost(host), host, now);
  if (reason) return { ok: false, reason, user };
  const macs = keyring
    .verifyKeys("mojoauth")
    .filter((key) => keyMismatch(key, host, "xmpp") === undefined)
    .flatMap(({ algorithm, verification }) =>
      isHash(algorithm) ? mac(verification, algorithm, username) : [],
    );
  return macs.length > 0 ? { ok: true, macs, user } : { ok: false, reason: "unknown-key", user };
}

function whyNot(
  parsed: ReturnType<typeof parseUsername>,
  user: string | undefined,
  policy: Readonly<Policy> | undefined,
  host: string,
  now: number,
): Reason | "scram-off" | undefined {
  if (!policy) return "wrong-host";
  if (!policy.scram) return "scram-off";
  if (!parsed || user === undefined || !policy.formats.includes("mojoauth")) return "malformed";
  return judgeExpiry(parsed.expires, policy, now) ?? validateId(parsed.id, user, host, policy);
}
