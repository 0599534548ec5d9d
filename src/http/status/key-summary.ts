import {
  type Algorithm,
  formats,
  profileNames,
  type Service,
  services,
} from "../../credential/index.ts";
import type { Key, Keyring, KeyState } from "../../keyring/index.ts";

/** A key without its secret, as shown on the status page. */
export interface KeySummary {
  id: string;
  algorithm: Algorithm;
  state: KeyState;
  /** Whether it is the default key for some request to mint. */
  mints: boolean;
  /** All when absent. */
  hosts?: readonly string[];
  /** All when absent. */
  services?: readonly Service[];
  /** Modification time of its secret file, in Unix seconds; absent if unknown. */
  writtenAt?: number;
}

/**
 * Summarizes the keys of a keyring.
 *
 * @param writtenAt - modification times of secret files, in Unix milliseconds, by key id
 */
export function summarizeKeys(
  keyring: Keyring,
  writtenAt: ReadonlyMap<string, number>,
): KeySummary[] {
  const minting = firstToMint(keyring);
  return keyring.keys.map((key) => {
    const { id, algorithm, state, hosts } = key;
    const at = writtenAt.get(id);
    return {
      id,
      algorithm,
      state,
      mints: minting.has(key),
      ...(hosts && { hosts }),
      ...(key.services && { services: key.services }),
      ...(at !== undefined && { writtenAt: Math.floor(at / 1000) }),
    };
  });
}

/** Keys that are the default for some host, service, format and profile. */
function firstToMint(keyring: Keyring): ReadonlySet<Key | undefined> {
  const anyOther = "";
  const hosts = [anyOther, ...keyring.keys.flatMap((key) => key.hosts ?? [])];
  return new Set(
    hosts.flatMap((host) =>
      services.flatMap((service) =>
        formats.flatMap((format) =>
          profileNames.map((profile) => keyring.findMintKey({ host, service, format, profile })),
        ),
      ),
    ),
  );
}
