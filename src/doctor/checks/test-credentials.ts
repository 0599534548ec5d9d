import { randomBytes } from "node:crypto";
import { isHash, type MintedCredential } from "../../credential/index.ts";
import { type Key, keyMismatch } from "../../keyring/index.ts";
import { type MintOptions, mint } from "../../mint/index.ts";
import { defaultPolicy, type Policy } from "../../policy.ts";

const lifetimeSeconds = 30;

/** Mints credentials that live for seconds, each different from the others. */
export class TestCredentials {
  /** The key to mint with. */
  key: Key | undefined;
  /** Seconds that the server's clock is ahead of ours, once known. */
  skew = 0;
  readonly policy: Readonly<Policy>;
  readonly #host: string;
  readonly #minting: MintOptions;
  readonly #clock: () => number;
  /** User and expiry of each: the same pair again would be the same credential. */
  readonly #minted = new Set<string>();

  constructor(host: string, minting: MintOptions, clock: () => number) {
    this.#host = host;
    this.#minting = minting;
    this.#clock = clock;
    this.policy = minting.policies?.forHost(host) ?? defaultPolicy;
    this.key = minting.keyring.findMintKey({ host, service: "xmpp" });
  }

  /** The keys that mint for the host, in order. */
  get keys(): Key[] {
    return this.#minting.keyring.keys.filter(
      (key) => key.state === "mint" && !keyMismatch(key, this.#host, "xmpp"),
    );
  }

  /** The time at the server, in fractional Unix seconds. */
  get now(): number {
    return this.#clock() + this.skew;
  }

  /** A fresh credential, for PLAIN or as a token. */
  fresh(localpart: string, present?: "token"): Promise<MintedCredential> {
    let ttl = Math.min(this.policy.maxTtl, lifetimeSeconds);
    const end = () => `${localpart} ${Math.floor(this.now) + ttl}`;
    while (this.#minted.has(end())) ttl--;
    this.#minted.add(end());
    return this.#mint(localpart, ttl, Math.floor(this.now) + ttl, present);
  }

  /** A credential that the server refuses from a time (Unix seconds) on: its leeway is subtracted. */
  expiringAt(localpart: string, at: number): Promise<MintedCredential> {
    const ttl = Math.min(this.policy.maxTtl, lifetimeSeconds);
    return this.#mint(localpart, ttl, Math.floor(at) - this.policy.leeway);
  }

  /** A credential of ten minutes, which outlives a difference of clocks. */
  longLived(localpart: string): Promise<MintedCredential> {
    const ttl = Math.min(this.policy.maxTtl, 600);
    return this.#mint(localpart, ttl, Math.floor(this.now) + ttl);
  }

  #mint(localpart: string, ttl: number, expires: number, present?: "token") {
    const { key } = this;
    const isMac = key !== undefined && isHash(key.algorithm);
    const request = {
      jid: `${localpart}@${this.#host}`,
      ttl,
      ...(key && { key: key.id }),
      ...(present && isMac && { present }),
    };
    return mint(request, { ...this.#minting, now: expires - ttl });
  }
}

/** A random localpart, which belongs to no person. */
export function randomUser(): string {
  return `mayfly-doctor-${randomBytes(4).toString("hex")}`;
}
