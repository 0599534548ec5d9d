import {
  type Algorithm,
  type Format,
  hostToWrite,
  isHash,
  type ProfileName,
  type Reason,
  type Service,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { importSecret, type KeyMaterial } from "./import-key.ts";
import type { Issuer } from "./issuer.ts";

/** `mint`: mints and verifies; `verify`: verifies only; `off`: neither. */
export const keyStates = ["mint", "verify", "off"] as const;

/** One of {@link keyStates}. */
export type KeyState = (typeof keyStates)[number];

/** A key without its secret. */
interface KeyDescription {
  /** The name of the key: the `kid` of JWTs (RFC 7515 section 4.1.4), also used in decisions and logs. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly state: KeyState;
  /** The hosts that the key serves; every host when absent. */
  readonly hosts?: readonly string[];
  /** The services that the key serves; every service when absent (`turn` with `sha1` only). */
  readonly services?: readonly Service[];
  /** The `iss` of the JWTs: set when minting, required when verifying. */
  readonly issuer?: string | number;
  /** The profiles of JWTs that the key mints and verifies; every profile when absent. */
  readonly profiles?: readonly ProfileName[];
}

/**
 * A key as given to {@link Keyring}.
 *
 * The secret of an HMAC is used byte for byte (text as UTF-8), never decoded from hex or base64. For
 * the other algorithms it is a PEM or a JWK: a private key mints and verifies, a public key verifies.
 *
 * @defaultValue algorithm: `sha1`, the one that TURN and MojoAuth use
 * @defaultValue state: `mint`
 */
export interface KeyInput
  extends Omit<KeyDescription, "algorithm" | "state">,
    Partial<Pick<KeyDescription, "algorithm" | "state">> {
  readonly secret: string | Uint8Array;
  /**
   * Accept an HMAC secret of fewer than 16 bytes, which the holder of a credential can guess.
   *
   * @defaultValue false
   */
  readonly allowShort?: boolean;
}

/** A key of a {@link Keyring}. Its secrets are `KeyObject`s, which nothing prints by accident. */
export interface Key extends KeyDescription, KeyMaterial {}

/** The needs of a credential that a key has to meet. */
export interface KeyQuery {
  host: string;
  service: Service;
  /** Of a JWT. @defaultValue `xmpp` */
  profile?: ProfileName | undefined;
  format?: Format | undefined;
  id?: string | undefined;
}

/**
 * The keys, in order, and the issuers whose JWTs are accepted. The first `mint` key that serves a
 * request mints; every `mint` or `verify` key verifies.
 *
 * @example
 * ```ts
 * import { Keyring } from "mayfly";
 *
 * const keyring = new Keyring([
 *   { id: "2026-11", secret: process.env.MAYFLY_SECRET },
 *   { id: "2026-10", secret: process.env.MAYFLY_OLD_SECRET, state: "verify" },
 * ]);
 * ```
 * @throws {@link MayflyError} `ERR_KEY` for a secret that does not fit its algorithm, an id that is
 * used twice, or a host that is not in its prepared form, such as `Example.com`.
 */
export class Keyring {
  readonly keys: readonly Key[];
  readonly issuers: readonly Issuer[];
  readonly #verifying: Readonly<Record<Format, readonly Key[]>>;

  constructor(keys: readonly KeyInput[], issuers: readonly Issuer[] = []) {
    this.issuers = issuers;
    for (const { issuer, hosts = [], domains = [] } of issuers) {
      assertPreparedHosts([...hosts, ...domains], `issuer ${issuer}`);
    }
    for (const { id, hosts = [] } of keys) assertPreparedHosts(hosts, `key ${id}`);
    this.keys = keys.map(importKey);
    const ids = this.keys.map(({ id }) => id);
    const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
    if (repeated !== undefined) {
      throw new MayflyError("ERR_KEY", `key ${repeated}: the id is used twice`);
    }
    const verifyKeys = this.keys.filter(({ state }) => state !== "off");
    this.#verifying = {
      mojoauth: verifyKeys.filter((key) => formatOf(key) === "mojoauth"),
      jwt: verifyKeys.filter((key) => formatOf(key) === "jwt"),
    };
  }

  /** Finds the first `mint` key that serves the request. */
  findMintKey({ host, service, profile, format, id }: KeyQuery): Key | undefined {
    return this.keys.find(
      (key) =>
        key.state === "mint" &&
        keyMismatch(key, host, service, profile) === undefined &&
        (format === undefined || format === formatOf(key)) &&
        (id === undefined || id === key.id),
    );
  }

  /** The keys in state `mint` or `verify` that verify a format, in order. */
  verifyKeys(format: Format): readonly Key[] {
    return this.#verifying[format];
  }
}

/** The reason for which a key cannot serve a host, a service and a profile; `undefined` when it can. */
export function keyMismatch(
  key: Key,
  host: string,
  service: Service,
  profile: ProfileName = "xmpp",
): Reason | undefined {
  if (!(key.hosts?.includes(host) ?? true)) return "wrong-host";
  if (!(key.profiles?.includes(profile) ?? true)) return "wrong-service";
  const isSpoken =
    service === "xmpp" || (isHash(key.algorithm) && isDefinedFor(service, key.algorithm));
  return isSpoken && (key.services?.includes(service) ?? true) ? undefined : "wrong-service";
}

function isDefinedFor(service: Service, algorithm: Algorithm): boolean {
  return service !== "turn" || algorithm === "sha1";
}

function formatOf({ algorithm }: Key): Format {
  return isHash(algorithm) ? "mojoauth" : "jwt";
}

function importKey(input: KeyInput): Key {
  const { secret, algorithm = "sha1", state = "mint", allowShort = false, ...key } = input;
  try {
    const material = importSecret(secret, algorithm, { allowShort });
    if (key.profiles && isHash(algorithm)) {
      throw new MayflyError("ERR_KEY", `profiles are of JWTs, and ${algorithm} is for MACs`);
    }
    if (state === "mint" && !material.signing) {
      throw new MayflyError("ERR_KEY", "a public key cannot mint: set its state to verify");
    }
    return { ...key, algorithm, state, ...material };
  } catch (error) {
    throw new MayflyError("ERR_KEY", `key ${key.id}: ${(error as Error).message}`);
  }
}

/** @throws MayflyError for a host that is not in its prepared form: a look-up would never find it. */
function assertPreparedHosts(hosts: readonly string[], where: string): void {
  for (const host of hosts) {
    const right = hostToWrite(host);
    if (right)
      throw new MayflyError("ERR_KEY", `${where}: the host ${host} must be written ${right}`);
  }
}
