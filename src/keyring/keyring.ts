import {
  type Algorithm,
  type Format,
  isHash,
  type Reason,
  type Service,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { importSecret, type Material } from "./import.ts";
import type { Issuer } from "./issuer.ts";

/** `mint`: mints and verifies; `verify`: verifies only; `off`: neither. */
export const keyStates = ["mint", "verify", "off"] as const;

/** One of {@link keyStates}. */
export type KeyState = (typeof keyStates)[number];

/** What a key is besides its secret. */
interface KeyDescription {
  /** Its name: the `kid` of JWTs, and what decisions and logs call it. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly state: KeyState;
  /** The hosts it serves; all when absent. */
  readonly hosts?: readonly string[];
  /** The services it serves; all when absent (`turn` with `sha1` only). */
  readonly services?: readonly Service[];
  /** The `iss` of its JWTs: put in when minting, insisted on when verifying. */
  readonly issuer?: string | number;
}

/**
 * A key as it is handed in.
 *
 * The secret of an HMAC is used as the bytes it is written in (text as UTF-8), never decoded from
 * hex or base64; for the other algorithms it is a PEM or a JWK, private to mint, or public.
 *
 * @defaultValue algorithm: `sha1`, the one that TURN and MojoAuth use
 * @defaultValue state: `mint`
 */
export interface KeyInput
  extends Omit<KeyDescription, "algorithm" | "state">,
    Partial<Pick<KeyDescription, "algorithm" | "state">> {
  readonly secret: string | Uint8Array;
}

/** A key of a {@link Keyring}. Its secrets are `KeyObject`s, which nothing prints by accident. */
export interface Key extends KeyDescription, Material {}

/** What a key is looked for to mint. */
export interface MintingNeed {
  host: string;
  service: Service;
  format?: Format | undefined;
  id?: string | undefined;
}

/**
 * The ordered keys. The first `mint` key that serves a request mints; every `mint` or `verify` key
 * verifies. Beside them stand the issuers of others' JWTs.
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
 * @throws {@link MayflyError} `ERR_KEY` for a secret that does not fit its algorithm, or an id that
 * is used twice.
 */
export class Keyring {
  readonly keys: readonly Key[];
  readonly issuers: readonly Issuer[];
  readonly #verifying: Readonly<Record<Format, readonly Key[]>>;

  constructor(keys: readonly KeyInput[], issuers: readonly Issuer[] = []) {
    this.issuers = issuers;
    this.keys = keys.map(importKey);
    const ids = this.keys.map(({ id }) => id);
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) throw new MayflyError("ERR_KEY", `key ${twice}: the id is used twice`);
    const verifying = this.keys.filter(({ state }) => state !== "off");
    this.#verifying = {
      mojoauth: verifying.filter((key) => formatOf(key) === "mojoauth"),
      jwt: verifying.filter((key) => formatOf(key) === "jwt"),
    };
  }

  /** The key that mints what is needed: the first fit one. */
  minting({ host, service, format, id }: MintingNeed): Key | undefined {
    return this.keys.find(
      (key) =>
        key.state === "mint" &&
        misfit(key, host, service) === undefined &&
        (format === undefined || format === formatOf(key)) &&
        (id === undefined || id === key.id),
    );
  }

  /** The keys that verify a format, in order. */
  verifying(format: Format): readonly Key[] {
    return this.#verifying[format];
  }
}

/** Why a key does not serve a host and service, if it does not. */
export function misfit(key: Key, host: string, service: Service): Reason | undefined {
  if (!(key.hosts?.includes(host) ?? true)) return "wrong-host";
  const speaks = service === "xmpp" || (isHash(key.algorithm) && knows(service, key.algorithm));
  return speaks && (key.services?.includes(service) ?? true) ? undefined : "wrong-service";
}

function knows(service: Service, algorithm: Algorithm): boolean {
  return service !== "turn" || algorithm === "sha1";
}

function formatOf({ algorithm }: Key): Format {
  return isHash(algorithm) ? "mojoauth" : "jwt";
}

function importKey({ secret, algorithm = "sha1", state = "mint", ...key }: KeyInput): Key {
  try {
    const material = importSecret(secret, algorithm);
    if (state === "mint" && !material.signing) {
      throw new MayflyError("ERR_KEY", "a public key cannot mint: set its state to verify");
    }
    return { ...key, algorithm, state, ...material };
  } catch (error) {
    throw new MayflyError("ERR_KEY", `key ${key.id}: ${(error as Error).message}`);
  }
}
