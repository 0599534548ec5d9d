import {
  type Config,
  type HostConfig,
  type HttpConfig,
  type IssuerConfig,
  type LogConfig,
  loadConfig,
} from "../config/index.ts";
import { MayflyError } from "../error.ts";
import { type Issuer, Keyring, type KeySet } from "../keyring/index.ts";
import { Policies, type Policy } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import { askUrl } from "../verify/index.ts";

/** What the configuration makes: whom to trust, and what else it says. */
export interface Mayfly {
  source: string;
  /** When secrets that are in files were written, in Unix milliseconds, by the ids of their keys. */
  writtenAt: ReadonlyMap<string, number>;
  keyring: Keyring;
  policies: Policies;
  store?: Store;
  log?: LogConfig;
  http?: HttpConfig;
}

/** How to load a configuration that lives on. */
export interface OpenOptions {
  /** Is told each file that the configuration depends on. */
  touched?: (path: string) => void;
  /** Opens the store, where one is configured; it stays closed when absent. */
  openStore?: (url: string) => Promise<Store>;
}

/** Loads the configuration and puts the parts together. */
export async function open(file: string | undefined, options: OpenOptions = {}): Promise<Mayfly> {
  const config = loadConfig(file, process.env, options.touched);
  const { source, keys, writtenAt, log, http } = config;
  try {
    const keyring = new Keyring(keys, await Promise.all(config.issuers.map(issuerOf)));
    const policies = policiesOf(config);
    const store = config.store && (await options.openStore?.(config.store));
    return {
      ...{ source, writtenAt, keyring, policies },
      ...(store && { store }),
      ...(log && { log }),
      ...(http && { http }),
    };
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    throw new MayflyError("ERR_CONFIG", `${source}: ${error.message}`);
  }
}

/** Opens a store. Most programs have none, and start sooner without what it takes. */
export async function openStore(url: string): Promise<Store> {
  const store = await import("../store/open.ts");
  return store.openStore(url);
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
  return { ...policy, users: isWord ? users : askUrl(users) };
}

async function issuerOf({ jwks, ...issuer }: IssuerConfig): Promise<Issuer> {
  // Without issuers there is no need for what it takes to fetch and read their keys.
  const { localJwks, remoteJwks } = await import("../keyring/jwks.ts");
  try {
    const keys: KeySet = jwks instanceof URL ? remoteJwks(jwks) : localJwks(jwks);
    return { ...issuer, keys };
  } catch (error) {
    const { message } = error as Error;
    throw new MayflyError("ERR_CONFIG", `issuer ${issuer.issuer}: its jwks ${message}`);
  }
}
