import { createSecretKey, type KeyObject } from "node:crypto";
import type { Hash, Service } from "../credential/index.ts";

/** `mint`: mints and verifies; `verify`: verifies only; `off`: neither. */
export const keyStates = ["mint", "verify", "off"] as const;

/** One of {@link keyStates}. */
export type KeyState = (typeof keyStates)[number];

/** A key as it is handed in. */
export interface KeyInput {
  id: string;
  /** Used as the bytes it is written in (text as UTF-8), never decoded from hex or base64. */
  secret: string | Uint8Array;
  /** @defaultValue `sha1`, the one that TURN and MojoAuth use */
  algorithm?: Hash;
  /** @defaultValue `mint` */
  state?: KeyState;
  /** The hosts it serves; all when absent. */
  hosts?: readonly string[];
  /** The services it serves; all when absent (`turn` with `sha1` only). */
  services?: readonly Service[];
}

/** A key of a {@link Keyring}. Its secret is a `KeyObject`, which nothing prints by accident. */
export interface Key {
  readonly id: string;
  readonly secret: KeyObject;
  readonly algorithm: Hash;
  readonly state: KeyState;
  readonly hosts?: readonly string[];
  readonly services?: readonly Service[];
}

/** A keyring that cannot be. */
export class KeyringError extends Error {
  override name = "KeyringError";
  readonly code = "ERR_KEYRING";
}

/**
 * The ordered keys. The first `mint` key that serves a request mints; every `mint` or `verify` key
 * that serves it verifies.
 *
 * @example
 * ```ts
 * const keyring = new Keyring([{ id: "2026-11", secret: process.env.MAYFLY_SECRET }]);
 * ```
 * @throws {@link KeyringError} for an empty secret or an id that is used twice.
 */
export class Keyring {
  readonly keys: readonly Key[];

  constructor(keys: readonly KeyInput[]) {
    const ids = new Set<string>();
    this.keys = keys.map(({ secret, algorithm = "sha1", state = "mint", ...key }) => {
      if (ids.has(key.id)) throw new KeyringError(`key ${key.id}: this id is used twice`);
      ids.add(key.id);
      if (secret.length === 0) throw new KeyringError(`key ${key.id}: the secret is empty`);
      return { ...key, algorithm, state, secret: createSecretKey(Buffer.from(secret as string)) };
    });
  }

  /** The key that mints for a host and service: the first fit one, or the one with this id. */
  minting(host: string, service: Service, id?: string): Key | undefined {
    return this.keys.find(
      (key) =>
        key.state === "mint" && serves(key, host, service) && (id === undefined || key.id === id),
    );
  }

  /** The keys that verify for a host and service, in order. */
  verifying(host: string, service: Service): Key[] {
    return this.keys.filter((key) => key.state !== "off" && serves(key, host, service));
  }
}

function serves(key: Key, host: string, service: Service): boolean {
  if (service === "turn" && key.algorithm !== "sha1") return false;
  return (key.hosts?.includes(host) ?? true) && (key.services?.includes(service) ?? true);
}
