import {
  inlinePassword,
  type MintedCredential,
  mac,
  parseBareJid,
  type Service,
  username,
} from "../credential/index.ts";
import type { Keyring } from "../keyring/index.ts";
import { Policies } from "../policy/index.ts";

/** What to mint. */
export interface MintRequest {
  /** The bare JID that the credential is for, in its prepared form. */
  jid: string;
  /** How long it lives, in seconds; the host's `ttl` when absent. */
  ttl?: number;
  /** @defaultValue `xmpp` */
  service?: Service;
  /** The id of the key to mint with; the first `mint` key that serves the host when absent. */
  key?: string;
}

/** See {@link MintError}. */
export type MintErrorCode = "ERR_HOST" | "ERR_TTL" | "ERR_NO_KEY";

/** A request that nothing is minted for; `code` tells why, and stays the same across releases. */
export class MintError extends Error {
  override name = "MintError";
  readonly code: MintErrorCode;

  constructor(code: MintErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Mints credentials: an HMAC over `<expiry>:<bare JID>`, as TURN REST and MojoAuth do.
 *
 * @example
 * ```ts
 * import { Keyring } from "mayfly/keyring";
 * import { Minter } from "mayfly/mint";
 *
 * const minter = new Minter(new Keyring([{ id: "2026-11", secret: process.env.MAYFLY_SECRET }]));
 * app.get("/credentials", (c) => c.json(minter.mint({ jid: `${c.var.user}@example.com` })));
 * ```
 */
export class Minter {
  readonly #keyring: Keyring;
  readonly #policies: Policies;

  constructor(keyring: Keyring, policies: Policies = new Policies()) {
    this.#keyring = keyring;
    this.#policies = policies;
  }

  /**
   * Mints a credential at `now`, in Unix seconds.
   *
   * @throws `IdError` for a JID that is not in its prepared form
   * @throws {@link MintError} for a host that is not served, a lifetime that would be refused, or
   * where no key mints
   */
  mint(request: MintRequest, now: number = Math.floor(Date.now() / 1000)): MintedCredential {
    const { jid, service = "xmpp" } = request;
    const { localpart, host } = parseBareJid(jid);
    const policy = this.#policies.of(host);
    if (!policy) throw new MintError("ERR_HOST", `host ${host} is not one of the hosts served`);

    const ttl = request.ttl ?? policy.ttl;
    if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > policy.maxTtl) {
      const longest = `from 1 s to the host's max_ttl of ${policy.maxTtl} s`;
      throw new MintError("ERR_TTL", `ttl ${ttl} s is out of range: ${longest}`);
    }

    const key = this.#keyring.minting(host, service, request.key);
    if (!key) {
      const which = request.key === undefined ? "no key" : `no key with id ${request.key}`;
      throw new MintError("ERR_NO_KEY", `${which} in state mint serves ${service} on ${host}`);
    }

    const expires = now + ttl;
    const signed = username({ expires, id: jid });
    const signature = mac(key.secret, key.algorithm, signed);
    return service === "xmpp"
      ? { jid, username: localpart, password: inlinePassword(expires, signature), ttl, expires }
      : { jid, username: signed, password: signature, ttl, expires };
  }
}
