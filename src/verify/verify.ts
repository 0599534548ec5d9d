import {
  fingerprint,
  type Presented,
  type ProfileName,
  type Service,
  takeApart,
} from "../credential/index.ts";
import type { Keyring } from "../keyring/index.ts";
import { Policies, type Policy } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import { type Decision, type Proof, type Refused, refused } from "./decision.ts";
import { verifyJwt } from "./jwt.ts";
import { verifyMojoauth } from "./mojoauth.ts";
import { judgeState } from "./state.ts";

/** A login to decide on. */
export interface Login {
  /**
   * The localpart that wants to log in, prepared as the server prepares it; whoever the credential
   * names when absent.
   */
  user?: string;
  host: string;
  /** The password or token presented; with a `username` the MAC alone. */
  password: string;
  /** The `<expiry>:<id>` that was presented beside the password, where one was. */
  username?: string;
  /** @defaultValue `xmpp` */
  service?: Service;
  /** What a JWT's claims must say. @defaultValue `xmpp` */
  profile?: ProfileName;
  /** The `aud` that a `jitsi` token must have. @defaultValue `jitsi` */
  audience?: string;
}

/** Whom to trust, and how far. */
export interface Trust {
  keyring: Keyring;
  /** @defaultValue every host is served with the defaults */
  policies?: Policies;
  /** Who knows what is revoked or used up. @defaultValue nobody */
  store?: Store;
}

// A colon or an at sign would make two identities one under the MAC; no localpart has them.
const localpart = /^[^@:/]+$/;

const anyHost = new Policies();

/**
 * Decides on a login at `now`, in Unix seconds, with nothing but keys: no user database, no call
 * to the app server.
 *
 * Signature first, then time, then policy, so that only the holder of a signed credential learns
 * more than `bad-signature`. Never throws or rejects. `await` the decision: it is a promise where
 * an issuer's keys or a store have to be asked.
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
export function verify(
  login: Login,
  { keyring, policies = anyHost, store }: Trust,
  now: number = Math.floor(Date.now() / 1000),
): Decision | Promise<Decision> {
  const policy = policies.of(login.host);
  if (!policy) return refused("wrong-host");
  const presented = takeApart(login.password, login.username);
  if (!presented || !localpart.test(login.user ?? "-")) return refused("malformed");
  if (!policy.formats.includes(presented.format)) return refused("malformed");
  if (presented.format === "mojoauth") {
    return conclude(verifyMojoauth(presented, login, keyring, policy, now));
  }
  const proof = verifyJwt(presented, login, keyring, policy, now);
  return proof instanceof Promise ? proof.then(conclude) : conclude(proof);

  function conclude(proof: Proof | Refused): Decision | Promise<Decision> {
    if ("ok" in proof) return proof;
    if (store)
      return judgeState(proof, fingerprint(presented as Presented), policy as Policy, store);
    // What can be used once only must be written down somewhere.
    return policy?.singleUse ? refused("store-unavailable") : proof.decision;
  }
}

/** Whether a user exists, as far as the host's policy tells. Who cannot be asked says no. */
export function userExists(
  user: string,
  host: string,
  { policies = anyHost, store }: Partial<Trust>,
): boolean | Promise<boolean> {
  const users = policies.of(host)?.users ?? "none";
  if (users === "any") return true;
  if (users === "none") return false;
  const exists = users === "seen" ? store?.hasSeen(`${user}@${host}`) : users(user, host);
  return exists?.catch(() => false) ?? false;
}
