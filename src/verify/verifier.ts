import {
  isMac,
  parseInlinePassword,
  parseUsername,
  type Service,
  type Username,
  username,
} from "../credential/index.ts";
import type { Key, Keyring } from "../keyring/index.ts";
import { Policies, type Policy } from "../policy/index.ts";
import type { Decision, Reason, Refused } from "./decision.ts";

/** A login to decide on. */
export interface Login {
  /** The localpart that wants to log in, prepared as the server prepares it. */
  user: string;
  host: string;
  /** `<expiry>:<mac>`, or with a `username` the `<mac>` alone. */
  password: string;
  /** The `<expiry>:<id>` that was presented beside the password, where one was. */
  username?: string;
  /** @defaultValue `xmpp` */
  service?: Service;
}

/** A MAC, the usernames it may stand over, and the expiry that all of them begin with. */
interface Claim {
  mac: string;
  expires: number;
  signed: readonly string[];
  /** Whose it is, once the MAC is known to be good. */
  owner: (policy: Policy) => Reason | undefined;
}

/**
 * Decides on credentials with nothing but a keyring: no user database, no call to anybody.
 *
 * Signature first, then time, then policy, so that only the holder of a signed credential learns
 * more than `bad-signature`.
 *
 * @example
 * ```ts
 * const verifier = new Verifier(keyring);
 * const decision = verifier.verify({ user: "alice", host: "example.com", password });
 * ```
 */
export class Verifier {
  readonly #keyring: Keyring;
  readonly #policies: Policies;

  constructor(keyring: Keyring, policies: Policies = new Policies()) {
    this.#keyring = keyring;
    this.#policies = policies;
  }

  /** Decides on a login at `now`, in Unix seconds. Never throws. */
  verify(login: Login, now: number = Math.floor(Date.now() / 1000)): Decision {
    const { user, host, service = "xmpp" } = login;
    const policy = this.#policies.of(host);
    if (!policy) return refused("wrong-host");
    const claim = login.username === undefined ? inline(login, policy) : separate(login);
    if (!claim) return refused("malformed");

    const keys = this.#keyring.verifying(host, service);
    if (keys.length === 0) return refused("unknown-key");
    const key = signer(claim, keys);
    if (!key) return refused("bad-signature");

    const { expires } = claim;
    if (now > expires + policy.leeway) return refused("expired");
    if (expires > now + policy.maxTtl) return refused("too-long-lived");
    const reason = claim.owner(policy);
    if (reason) return refused(reason);
    return { ok: true, user, host, expiresAt: expires, key: key.id, format: "mojoauth" };
  }

  /** Whether a user exists, as far as the host's policy tells. */
  isUser(_user: string, host: string): boolean {
    return this.#policies.of(host)?.users === "any";
  }
}

/** The key that signed a claim. Every key is tried, so that time does not tell which. */
function signer({ mac, signed }: Claim, keys: readonly Key[]): Key | undefined {
  let found: Key | undefined;
  for (const key of keys) {
    for (const text of signed) {
      if (isMac(mac, key.secret, key.algorithm, text)) found ??= key;
    }
  }
  return found;
}

// A colon or an at sign would make two identities one under the MAC; no localpart has them.
const localpart = /^[^@:/]+$/;

/** `<expiry>:<mac>`: the username is rebuilt from who wants to log in. */
function inline({ user, host, password }: Login, { hostBound }: Policy): Claim | undefined {
  const parsed = parseInlinePassword(password);
  if (!parsed || !localpart.test(user)) return undefined;
  const { expires, mac } = parsed;
  const signed = [username({ expires, id: `${user}@${host}` })];
  if (!hostBound) signed.push(username({ expires, id: user }));
  return { mac, expires, signed, owner: () => undefined };
}

/** `<mac>` beside a username: the id in it must be who wants to log in. */
function separate({ user, host, password, username: text = "" }: Login): Claim | undefined {
  const parsed = parseUsername(text);
  if (!parsed || password === "" || !localpart.test(user)) return undefined;
  return {
    mac: password,
    expires: parsed.expires,
    signed: [text],
    owner: ({ hostBound }) => mismatch(parsed, user, host, hostBound),
  };
}

function mismatch(
  { id = "" }: Username,
  user: string,
  host: string,
  hostBound: boolean,
): Reason | undefined {
  const at = id.lastIndexOf("@");
  if (at === -1) return id !== user ? "wrong-user" : hostBound ? "wrong-host" : undefined;
  if (id.slice(0, at) !== user) return "wrong-user";
  return id.slice(at + 1) === host ? undefined : "wrong-host";
}

function refused(reason: Reason): Refused {
  return { ok: false, reason };
}
