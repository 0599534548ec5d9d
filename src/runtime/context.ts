import {
  type Config,
  type FeedConfig,
  type HostConfig,
  type HttpConfig,
  type IssuerConfig,
  type LogConfig,
  loadConfig,
} from "../config/index.ts";
import { MayflyError } from "../error.ts";
import { findConflict, type Issuer, Keyring } from "../keyring/index.ts";
import { Policies, type Policy } from "../policy.ts";
import type { Store } from "../store/index.ts";
import { createUserLookup } from "../verify/index.ts";
import { issuerOf } from "./issuer.ts";

/** The loaded configuration: keys, per-host policies and the optional store, ready to verify and mint with. */
export interface AuthContext {
  /** The file it comes from, or `MAYFLY_SECRET`. */
  source: string;
  /** Modification times of secret files, in Unix milliseconds, by key id. */
  writtenAt: ReadonlyMap<string, number>;
  keyring: Keyring;
  policies: Policies;
  /** Whether a store is configured, even if it was not opened. */
  hasStore: boolean;
  store?: Store;
  log?: LogConfig;
  http?: HttpConfig;
  feed?: FeedConfig;
}

/** Options for {@link loadContext}. */
export interface OpenOptions {
  /** Called with the path of each file that the configuration depends on, existing or not. */
  onFileRead?: (path: string) => void;
  /** Opens the configured store; without it, the store is not opened. */
  openStore?: (url: string) => Promise<Store>;
  /** Creates an issuer of the configuration. @defaultValue {@link issuerOf} */
  createIssuer?: (config: IssuerConfig) => Promise<Issuer>;
  /** Throws if the configuration that was read must not be used. */
  validate?: (config: Config) => void;
  /** Whether the server may have started several of this program, each with its own memory. */
  isOneOfMany?: boolean;
}

/**
 * Loads the configuration and creates its keyring, policies and store.
 *
 * @param file - path of `mayfly.yml`; see {@link loadConfig} for the default
 * @throws {@link MayflyError} `ERR_CONFIG`; also `ERR_STORE` from `openStore`
 */
export async function loadContext(
  file: string | undefined,
  options: OpenOptions = {},
): Promise<AuthContext> {
  const config = loadConfig(file, process.env, options.onFileRead);
  options.validate?.(config);
  const { source, keys, writtenAt, log, http, feed } = config;
  try {
    const { createIssuer = issuerOf } = options;
    const keyring = new Keyring(keys, await Promise.all(config.issuers.map(createIssuer)));
    const problem =
      findConflict(keyring.keys, keyring.issuers) ??
      (options.isOneOfMany ? onceForEachProgram(config) : undefined);
    if (problem !== undefined) throw new MayflyError("ERR_CONFIG", problem);
    const policies = policiesOf(config);
    const store = config.store && (await options.openStore?.(config.store));
    return {
      source,
      writtenAt,
      keyring,
      policies,
      hasStore: config.store !== undefined,
      ...(store && { store }),
      ...(log && { log }),
      ...(http && { http }),
      ...(feed && { feed }),
    };
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    throw new MayflyError("ERR_CONFIG", `${source}: ${error.message}`);
  }
}

/** Opens a store. Loads the code on demand: most programs have no store, and start sooner without it. */
export async function openStore(url: string): Promise<Store> {
  const store = await import("../store/open.ts");
  return store.openStore(url);
}

/** Message for `single_use` with a memory store, where each program would accept a credential once. */
export function onceForEachProgram({ hosts = {}, store }: Config): string | undefined {
  const host = Object.keys(hosts).find((name) => hosts[name]?.singleUse);
  if (store !== "memory" || host === undefined) return undefined;
  const why = "each program has its own memory store, and would accept the credential once";
  return `hosts.${host}: single_use needs a store that programs share, such as lmdb:DIR: ${why}`;
}

function policiesOf({ hosts, store }: Config): Policies {
  if (!hosts) return new Policies();
  const entries = Object.entries(hosts).map(([host, policy]) => {
    const need = policy.singleUse ? "single_use" : policy.users === "seen" ? "users: seen" : "";
    if (need && store === undefined) {
      throw new MayflyError("ERR_CONFIG", `hosts.${host}: ${need} needs a store, such as lmdb:DIR`);
    }
    return [host, policyOf(policy)] as const;
  });
  return new Policies(Object.fromEntries(entries));
}

function policyOf({ users, ...policy }: HostConfig): Partial<Policy> {
  if (users === undefined) return policy;
  const isWord = users === "any" || users === "none" || users === "seen";
  return { ...policy, users: isWord ? users : createUserLookup(users) };
}
