import { isHash, jidOfName, type MintedCredential, profiles } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { defaultPolicy, Policies } from "../policy.ts";
import { currentTime } from "../time.ts";
import { parseIdentity } from "./identity.ts";
import { mintJwt } from "./jwt.ts";
import { mintMojoauth } from "./mojoauth.ts";
import type { MintOptions, MintRequest } from "./types.ts";

const allHosts = new Policies();

/**
 * Mints a credential: an HMAC over `<expiry>:<bare JID>`, as TURN REST and MojoAuth do, or a JWT
 * where the key is one for JWTs.
 *
 * @example
 * ```ts
 * import { Keyring, mint } from "mayfly";
 *
 * const keyring = new Keyring([{ id: "2026-11", secret: process.env.MAYFLY_SECRET }]);
 * const credential = await mint({ jid: "alice@example.com", ttl: 600 }, { keyring });
 * ```
 * @throws {@link MayflyError} `ERR_ID` for an id that is not in its prepared form or a name that has
 * none, `ERR_REQUEST` for parts that do not go together, `ERR_HOST` for a
 * host that is not served, `ERR_TTL` for a lifetime that would be refused, `ERR_NO_KEY` where no key
 * mints such a credential
 */
export async function mint(
  request: MintRequest,
  { keyring, policies = allHosts, now = currentTime() }: MintOptions,
): Promise<MintedCredential> {
  const { service = "xmpp", profile, format = profile && "jwt", key: id } = request;
  assertContextFits(request);
  const identity = parseIdentity(jidOf(request), service, {
    optional: profile === "opentok",
    escape: request.name === undefined && (request.escape ?? false),
  });
  const { host } = identity;
  // A credential without a JID has no host: the default policy holds, and whatever the key allows.
  const policy = policies.forHost(host) ?? (host === "" ? defaultPolicy : undefined);
  if (!policy) {
    throw new MayflyError("ERR_HOST", `${host} is not one of the hosts served`);
  }
  const key = keyring.findMintKey({ host, service, profile, format, id });
  if (!key) {
    const which = id === undefined ? `no ${format ? `${format} ` : ""}key` : `no key with id ${id}`;
    throw new MayflyError(
      "ERR_NO_KEY",
      `${which} in state mint serves ${profile ? `the ${profile} profile` : service} on ${host || "any host"}`,
    );
  }
  const longest = Math.min(policy.maxTtl, profiles[profile ?? "xmpp"].maxTtl);
  const { ttl = Math.min(policy.ttl, longest) } = request;
  if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > longest) {
    throw new MayflyError("ERR_TTL", `ttl ${ttl} s is out of range: from 1 s to ${longest} s`);
  }
  const times = { ttl, expires: now + ttl };
  if (isHash(key.algorithm)) return mintMojoauth(request, identity, key, times);
  return mintJwt(request, identity, key, times);
}

function assertContextFits({ profile, context, moderator }: MintRequest): void {
  if (profile === "jitsi" || (context ?? moderator) === undefined) return;
  throw new MayflyError("ERR_REQUEST", "context and moderator need the profile jitsi");
}

/** The id that a request names: its `jid`, or the JID that its `name` and `host` make. */
function jidOf({
  jid,
  name,
  host,
  exact,
  escape: isEscaped = true,
}: MintRequest): string | undefined {
  if (name === undefined) {
    if (host === undefined && exact === undefined) return jid;
    throw new MayflyError("ERR_REQUEST", "host and exact go with a name: name is missing");
  }
  if (jid !== undefined) throw new MayflyError("ERR_REQUEST", "give a jid, or a name and a host");
  if (host === undefined) throw new MayflyError("ERR_REQUEST", "a name needs its host");
  return jidOfName({
    name,
    host,
    exact: exact ?? false,
    escape: isEscaped,
  });
}
