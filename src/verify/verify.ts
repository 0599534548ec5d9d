import {
  fingerprint,
  opaqueFingerprint,
  type ParsedCredential,
  parseCredential,
} from "../credential/index.ts";
import { Policies, type Policy } from "../policy.ts";
import { currentTime } from "../time.ts";
import { verifyJwt } from "./jwt.ts";
import { verifyMojoauth } from "./mojoauth.ts";
import { findOpaqueIssuer, verifyOpaque } from "./opaque.ts";
import { checkStore } from "./revocation.ts";
import {
  type Decision,
  type Refused,
  refused,
  type Trust,
  type VerifiedCredential,
  type VerifyOptions,
  type VerifyRequest,
} from "./types.ts";

type Verified = VerifiedCredential | Refused;

const unlistedHost = new Policies();

/**
 * Verifies a credential that is presented at a login, with nothing but keys: no user database, no
 * call to the app server. Only a token that is no JWT is asked about, at an issuer with a look-up. It never rejects: what cannot be decided is refused.
 *
 * Signature first, then time, then policy, so that only the holder of a signed credential learns
 * more than `bad-signature`.
 *
 * @example
 * ```ts
 * import { Keyring, verify } from "mayfly";
 *
 * const keyring = new Keyring([{ id: "2026-11", secret: process.env.MAYFLY_SECRET }]);
 * const decision = await verify({ user: "alice", host: "example.com", password }, { keyring });
 * if (!decision.ok) console.log(decision.reason);
 * ```
 */
export async function verify(request: VerifyRequest, options: VerifyOptions): Promise<Decision> {
  return decide(request, options);
}

/**
 * {@link verify} without a promise where none is needed: only an issuer and a store have to be waited
 * for. Never throws.
 */
export function decide(login: VerifyRequest, options: VerifyOptions): Decision | Promise<Decision> {
  const { policies = unlistedHost } = options;
  const policy = policies.forHost(login.host);
  if (!policy) return refused("wrong-host");
  const presented = parseCredential(login.password, login.username);
  if (login.user !== undefined && !isLocalpart(login.user)) return refused("malformed");
  if (!policy.formats.includes(presented?.format ?? "jwt")) return refused("malformed");
  const verified = verifyPresented(presented, login, options, policy);
  return verified instanceof Promise
    ? concludeLater(verified, presented, login, options, policy)
    : conclude(verified, presented, login, options, policy);
}

/** Verifies a credential but for the store; what is no credential of ours may be an issuer's. */
function verifyPresented(
  presented: ParsedCredential | undefined,
  login: VerifyRequest,
  { keyring, now = currentTime() }: VerifyOptions,
  policy: Policy,
): Verified | Promise<Verified> {
  if (presented?.format === "mojoauth")
    return verifyMojoauth(presented, login, keyring, policy, now);
  if (presented) return verifyJwt(presented, login, keyring, policy, now);
  const { username, password, host } = login;
  const issuer = username === undefined && findOpaqueIssuer(password, host, keyring);
  return issuer ? verifyOpaque(issuer, login, policy, now) : refused("malformed");
}

async function concludeLater(
  verified: Promise<Verified>,
  ...context: [ParsedCredential | undefined, VerifyRequest, VerifyOptions, Policy]
): Promise<Decision> {
  return conclude(await verified, ...context);
}

/** Has the store decide, where there is one, on what is good so far. */
function conclude(
  verified: Verified,
  presented: ParsedCredential | undefined,
  { password }: VerifyRequest,
  { store }: VerifyOptions,
  policy: Policy,
): Decision | Promise<Decision> {
  if ("ok" in verified) return verified;
  if (!isLocalpart(verified.decision.user)) return refused("malformed");
  if (store) {
    const name = presented ? fingerprint(presented) : opaqueFingerprint(password);
    return checkStore(verified, name, policy, store);
  }
  // Without a store, a credential that is good for one login could be used again.
  return policy.singleUse ? refused("store-unavailable") : verified.decision;
}

/** A colon or an at sign would make two identities one under the MAC, and no localpart has them. */
function isLocalpart(user: string): boolean {
  return user !== "" && !user.includes("@") && !user.includes(":") && !user.includes("/");
}

/**
 * Whether a user exists, by the host's `users` policy. False where the store or the directory that
 * the policy needs cannot be asked.
 */
export function userExists(
  user: string,
  host: string,
  { policies = unlistedHost, store }: Partial<Trust>,
): boolean | Promise<boolean> {
  const users = policies.forHost(host)?.users ?? "none";
  if (users === "any") return true;
  if (users === "none") return false;
  const exists = users === "seen" ? store?.hasSeen(`${user}@${host}`) : users(user, host);
  return exists?.catch(() => false) ?? false;
}
