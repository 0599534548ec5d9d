import {
  type Format,
  isHash,
  type MintedCredential,
  type ProfileName,
  profiles,
  type Service,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Keyring } from "../keyring/index.ts";
import { Policies } from "../policy/index.ts";
import { parseIdentity } from "./identity.ts";
import { mintMojoauth } from "./mojoauth.ts";

/**
 * How a mojoauth credential is handed over: `inline` for any XMPP server and client, `authzid` for
 * Prosody with our module, `token` for X-OAUTH2, OAUTHBEARER and MQTT 5, `username` for SIP and TURN.
 */
export const presentations = ["inline", "authzid", "token", "username"] as const;

/** One of {@link presentations}. */
export type Presenting = (typeof presentations)[number];

/** What to mint. */
export interface MintRequest {
  /**
   * The bare JID that the credential is for, in its prepared form; for SIP and TURN any id, or none.
   */
  jid?: string;
  /** Escape the localpart of the JID, as in `alice@corp.com@example.com` (XEP-0106). */
  escape?: boolean;
  /** How long it lives, in seconds; the host's `ttl` when absent. */
  ttl?: number;
  /** @defaultValue `xmpp` */
  service?: Service;
  /** @defaultValue that of the first key that fits */
  format?: Format;
  /** The id of the key to mint with; the first `mint` key that fits when absent. */
  key?: string;
  /** How mojoauth is handed over. @defaultValue `inline` for XMPP, `username` for SIP and TURN */
  present?: Presenting;
  /** The claims of a JWT. @defaultValue `xmpp` */
  profile?: ProfileName;
  /** The `iss` of a JWT. @defaultValue the key's */
  issuer?: string | number;
  /** The `aud` of a `jitsi` token. @defaultValue `jitsi` */
  audience?: string;
  /** The `sub` of a `jitsi` token: the server's domain, or a tenant. @defaultValue the host */
  subject?: string;
  /** The room of a `jitsi` token. @defaultValue `*`, every room */
  room?: string;
}

/** With what to mint. */
export interface Minting {
  keyring: Keyring;
  /** @defaultValue every host is served with the defaults */
  policies?: Policies;
}

/** How long a credential lives. */
export interface Times {
  /** Seconds. */
  ttl: number;
  /** Unix seconds. */
  expires: number;
}

/**
 * Mints a credential at `now`, in Unix seconds: an HMAC over `<expiry>:<bare JID>`, as TURN REST and
 * MojoAuth do, or a JWT where the key is one for JWTs.
 *
 * @example
 * ```ts
 * import { Keyring, mint } from "mayfly";
 *
 * const keyring = new Keyring([{ id: "2026-11", secret: process.env.MAYFLY_SECRET }]);
 * const credential = await mint({ jid: "alice@example.com", ttl: 600 }, { keyring });
 * ```
 * @throws {@link MayflyError} `ERR_ID` for an id that is not in its prepared form, `ERR_HOST` for a
 * host that is not served, `ERR_TTL` for a lifetime that would be refused, `ERR_NO_KEY` where no key
 * mints such a credential
 */
export async function mint(
  request: MintRequest,
  { keyring, policies = new Policies() }: Minting,
  now: number = Math.floor(Date.now() / 1000),
): Promise<MintedCredential> {
  const { service = "xmpp", profile, format = profile && "jwt", key: id } = request;
  const identity = parseIdentity(request.jid, service, { escape: request.escape ?? false });
  const { host } = identity;
  const policy = policies.of(host);
  if (!policy) {
    const which = host
      ? `${host} is not one of the hosts served`
      : "name a bare JID on a host served";
    throw new MayflyError("ERR_HOST", which);
  }
  const key = keyring.minting({ host, service, format, id });
  if (!key) {
    const which = id === undefined ? `no ${format ? `${format} ` : ""}key` : `no key with id ${id}`;
    throw new MayflyError(
      "ERR_NO_KEY",
      `${which} in state mint serves ${service} on ${host || "any host"}`,
    );
  }
  const longest = Math.min(policy.maxTtl, profiles[profile ?? "xmpp"].maxTtl);
  const { ttl = Math.min(policy.ttl, longest) } = request;
  if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > longest) {
    throw new MayflyError("ERR_TTL", `ttl ${ttl} s is out of range: from 1 s to ${longest} s`);
  }
  const times = { ttl, expires: now + ttl };
  if (isHash(key.algorithm)) return mintMojoauth(request, identity, key, times);
  const { mintJwt } = await import("./jwt.ts");
  return mintJwt(request, identity, key, times);
}
