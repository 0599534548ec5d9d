import { fingerprint, opaqueFingerprint, parseCredential } from "../credential/index.ts";
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

// A colon or an at sign would make two identities one under the MAC; no localpart has them.
const localpart = /^[^@:/]+$/;

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
export function decide(
  login: VerifyRequest,
  { keyring, policies = unlistedHost, store, now = currentTime() }: VerifyOptions,
): Decision | Promise<Decision> {
  const policy = policies.forHost(login.host);
  if (!policy) return refused("wrong-host");
  const presented = parseCredential(login.password, login.username);
  if (!localpart.test(login.user ?? "-")) return refused("malformed");
  if (!presented) return decideOpaque();
  if (!policy.formats.includes(presented.format)) return refused("malformed");
  if (presented.format === "mojoauth") {
    return conclude(verifyMojoauth(presented, login, keyring, policy, now));
  }
  const proof = verifyJwt(presented, login, keyring, policy, now);
  return proof instanceof Promise ? proof.then(conclude) : conclude(proof);

  function decideOpaque(): Decision | Promise<Decision> {
    const { username, password, host } = login;
    const issuer = username === undefined && findOpaqueIssuer(password, host, keyring);
    if (!issuer || !policy?.formats.includes("jwt")) return refused("malformed");
    return verifyOpaque(issuer, login, policy, now).then(conclude);
  }

  function conclude(verified: VerifiedCredential | Refused): Decision | Promise<Decision> {
    if ("ok" in verified) return verified;
    if (!localpart.test(verified.decision.user)) return refused("malformed");
    if (store) {
      const name = presented ? fingerprint(presented) : opaqueFingerprint(login.password);
      return checkStore(verified, name, policy as Policy, store);
    }
    // Without a store, a credential that is good for one login could be used again.
    return policy?.singleUse ? refused("store-unavailable") : verified.decision;
  }
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
