import { type Algorithm, formats, type Service, services } from "../credential/index.ts";
import type { Key, Keyring, KeyState } from "../keyring/index.ts";

/** A key as people may see it. */
export interface KeyFacts {
  id: string;
  algorithm: Algorithm;
  state: KeyState;
  /** Whether it mints where no key is asked for by its id. */
  mints: boolean;
  /** All when absent. */
  hosts?: readonly string[];
  /** All when absent. */
  services?: readonly Service[];
  /** When its secret was written, in Unix seconds, where that is known. */
  writtenAt?: number;
}

/**
 * The keys of a keyring, without their secrets.
 *
 * @param writtenAt - when secrets were written, in Unix milliseconds, by the ids of their keys
 */
export function keyFacts(keyring: Keyring, writtenAt: ReadonlyMap<string, number>): KeyFacts[] {
  const minting = firstToMint(keyring);
  return keyring.keys.map((key) => {
    const { id, algorithm, state, hosts, services } = key;
    const at = writtenAt.get(id);
    return {
      ...{ id, algorithm, state, mints: minting.has(key) },
      ...(hosts && { hosts }),
      ...(services && { services }),
      ...(at !== undefined && { writtenAt: Math.floor(at / 1000) }),
    };
  });
}

/** The keys that come first for something. */
function firstToMint(keyring: Keyring): ReadonlySet<Key | undefined> {
  const anyOther = "";
  const hosts = [anyOther, ...keyring.keys.flatMap(({ hosts = [] }) => hosts)];
  return new Set(
    hosts.flatMap((host) =>
      services.flatMap((service) =>
        formats.map((format) => keyring.minting({ host, service, format })),
      ),
    ),
  );
}
