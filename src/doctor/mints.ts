import { randomBytes } from "node:crypto";
import { isHash, type MintedCredential } from "../credential/index.ts";
import type { Key } from "../keyring/index.ts";
import { misfit } from "../keyring/index.ts";
import { type Minting, mint } from "../mint/index.ts";
import { defaultPolicy, type Policy } from "../policy/index.ts";

const seconds = 30;

/** Mints credentials that live for seconds, no two of them alike. */
export class Mints {
  /** The key to mint with. */
  key: Key | undefined;
  /** By how many seconds the server's clock is ahead of ours, as far as that is known. */
  skew = 0;
  readonly policy: Readonly<Policy>;
  readonly #host: string;
  readonly #minting: Minting;
  readonly #clock: () => number;
  /** Who has one that expires when: another with the same expiry would be the same. */
  readonly #minted = new Set<string>();

  constructor(host: string, minting: Minting, clock: () => number) {
    this.#host = host;
    this.#minting = minting;
    this.#clock = clock;
    this.policy = minting.policies?.of(host) ?? defaultPolicy;
    this.key = minting.keyring.minting({ host, service: "xmpp" });
  }

  /** The keys that mint for the host, in order. */
  get keys(): Key[] {
    return this.#minting.keyring.keys.filter(
      (key) => key.state === "mint" && !misfit(key, this.#host, "xmpp"),
    );
  }

  /** The time at the server, in Unix seconds with their fractions. */
  get now(): number {
    return this.#clock() + this.skew;
  }

  /** A fresh credential, for PLAIN or as a token. */
  fresh(localpart: string, present?: "token"): Promise<MintedCredential> {
    let ttl = Math.min(this.policy.maxTtl, seconds);
    const end = () => `${localpart} ${Math.floor(this.now) + ttl}`;
    while (this.#minted.has(end())) ttl--;
    this.#minted.add(end());
    return this.#mint(localpart, ttl, Math.floor(this.now) + ttl, present);
  }

  /** One that expires at a time in Unix seconds, for the server: its leeway comes on top. */
  ending(localpart: string, at: number): Promise<MintedCredential> {
    const ttl = Math.min(this.policy.maxTtl, seconds);
    return this.#mint(localpart, ttl, Math.floor(at) - this.policy.leeway);
  }

  /** One that lives as long as clocks may differ: minutes. */
  lasting(localpart: string): Promise<MintedCredential> {
    const ttl = Math.min(this.policy.maxTtl, 600);
    return this.#mint(localpart, ttl, Math.floor(this.now) + ttl);
  }

  #mint(localpart: string, ttl: number, expires: number, present?: "token") {
    const { key } = this;
    const isMac = key !== undefined && isHash(key.algorithm);
    const request = {
      ...{ jid: `${localpart}@${this.#host}`, ttl },
      ...(key && { key: key.id }),
      ...(present && isMac && { present }),
    };
    return mint(request, this.#minting, expires - ttl);
  }
}

/** The localpart of nobody: whatever is done to it is done to no person. */
export function nobody(): string {
  return `mayfly-doctor-${randomBytes(4).toString("hex")}`;
}
