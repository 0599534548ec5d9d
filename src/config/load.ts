import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { isNode } from "yaml";
import { MayflyError } from "../error.ts";
import type { Issuer, KeyInput } from "../keyring/index.ts";
import type { Policy } from "../policy/index.ts";
import { type ParsedYaml, parseYaml } from "./document.ts";
import { readFile } from "./files.ts";
import { findConfig, usualPlaces } from "./place.ts";
import { complaint, schema } from "./schema.ts";
import { resolveJwks, resolveSecret, writtenAt } from "./secret.ts";

/** An issuer of JWTs, as it is configured. */
export interface IssuerConfig extends Omit<Issuer, "keys"> {
  /** Where its keys are, or the JWK set itself. */
  jwks: URL | object;
}

/** What is configured. */
export interface Config {
  /** The file it comes from, or `MAYFLY_SECRET`. */
  source: string;
  keys: KeyInput[];
  /** When secrets that are in files were written, in Unix milliseconds, by the ids of their keys. */
  writtenAt: ReadonlyMap<string, number>;
  issuers: IssuerConfig[];
  /** Absent where every host is served with the defaults. */
  hosts?: Record<string, HostConfig>;
  /** Where state is kept: `memory`, `lmdb:DIR`, `redis://…`. */
  store?: string;
  log?: LogConfig;
  http?: HttpConfig;
}

/** What `mayfly serve` answers over HTTP, and to whom. */
export interface HttpConfig {
  /** `127.0.0.1:5380` */
  listen?: string;
  /** What app servers show to be given credentials for anybody. */
  apiKeys?: Secret[];
  /** What XMPP servers show to have logins decided. */
  backendSecret?: Secret;
  /** The origins of pages that may ask for credentials. */
  origins?: string[];
  turnUris?: string[];
  jitsi?: {
    /** Where people may be sent to with a token. */
    origins: string[];
    key?: string;
    audience?: string;
    subject?: string;
    /** Where in the URL the token goes. */
    token?: "query" | "fragment";
  };
}

type RawHttp = NonNullable<v.InferOutput<typeof schema>["http"]>;
type Secret = string | Uint8Array;

/** Fewer can be guessed, over a network that anybody may ask from. */
const fewestCharacters = 16;

/** A host's policy, as it is configured. */
export interface HostConfig extends Partial<Omit<Policy, "users">> {
  /** `any`, `none`, `seen`, or a URL to ask. */
  users?: string;
}

/** What is logged, and where to: standard error unless a file is named. */
export interface LogConfig {
  level?: "debug" | "info" | "warn" | "error";
  file?: string;
}

/**
 * Loads the configuration: the file named, else `$MAYFLY_CONFIG`, else `./mayfly.yml`, else
 * `/etc/mayfly/mayfly.yml`; with none of them `$MAYFLY_SECRET` alone is a keyring of one key.
 *
 * @param touched - is told each file that this depends on, there or not
 * @throws {@link MayflyError} where that cannot be used.
 */
export function loadConfig(
  file?: string,
  env: NodeJS.ProcessEnv = process.env,
  touched: (path: string) => void = () => {},
): Config {
  const path = findConfig(file, env);
  for (const it of path === undefined ? usualPlaces : [path]) touched(resolve(it));
  if (path !== undefined) return loadFile(path, env, touched);
  if (env.MAYFLY_SECRET) {
    const key = { id: "MAYFLY_SECRET", secret: env.MAYFLY_SECRET };
    return { source: "MAYFLY_SECRET", keys: [key], writtenAt: new Map(), issuers: [] };
  }
  throw new MayflyError(
    "ERR_CONFIG",
    `no configuration: write ${usualPlaces.join(" or ")}, name a file with --config, or set MAYFLY_SECRET`,
  );
}

/** Whether there is a configuration to load, good or bad. */
export function isConfigured(file?: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return findConfig(file, env) !== undefined || Boolean(env.MAYFLY_SECRET);
}

function loadFile(path: string, env: NodeJS.ProcessEnv, touched: (path: string) => void): Config {
  const yaml = parseYaml(readFile(path).toString(), path);
  const parsed = v.safeParse(schema, yaml.values);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw at(issue.path?.map(({ key }) => key as string | number) ?? [], complaint(issue));
  }
  const { keys, issuers = [], http, ...rest } = parsed.output;
  const folder = dirname(resolve(path));
  for (const reference of [
    ...keys.map(({ secret }) => secret),
    ...issuers.map(({ jwks }) => jwks),
    ...(http?.apiKeys ?? []),
    http?.backendSecret ?? "",
  ]) {
    if (reference.startsWith("file:")) touched(resolve(folder, reference.slice(5)));
  }
  return {
    source: path,
    ...rest,
    ...(rest.store !== undefined && { store: storeFrom(rest.store, folder) }),
    ...(rest.log?.file !== undefined && {
      log: { ...rest.log, file: resolve(folder, rest.log.file) },
    }),
    keys: keys.map((key, index) => ({
      ...key,
      secret: attempt(["keys", index, "secret"], () => resolveSecret(key.secret, folder, env)),
    })),
    writtenAt: new Map(
      keys.flatMap(({ id, secret }) => {
        const at = writtenAt(secret, folder);
        return at === undefined ? [] : [[id, at] as const];
      }),
    ),
    issuers: issuers.map((issuer, index) => ({
      ...issuer,
      jwks: attempt(["issuers", index, "jwks"], () => resolveJwks(issuer.jwks, folder)),
    })),
    ...(http && { http: httpFrom(http) }),
  };

  function httpFrom({ apiKeys, backendSecret, ...others }: RawHttp): HttpConfig {
    return {
      ...others,
      ...(apiKeys && {
        apiKeys: apiKeys.map((key, index) => password(["http", "api_keys", index], key)),
      }),
      ...(backendSecret !== undefined && {
        backendSecret: password(["http", "backend_secret"], backendSecret),
      }),
    };
  }

  function password(option: (string | number)[], reference: string): Secret {
    return attempt(option, () => {
      const secret = resolveSecret(reference, folder, env);
      if (secret.length >= fewestCharacters) return secret;
      throw new Error(`must have at least ${fewestCharacters} characters`);
    });
  }

  function attempt<T>(option: (string | number)[], resolveIt: () => T): T {
    try {
      return resolveIt();
    } catch (error) {
      throw at(option, (error as Error).message);
    }
  }

  function at(option: (string | number)[], problem: string): MayflyError {
    const line = lineOf(option, yaml);
    return new MayflyError("ERR_CONFIG", `${path}:${line}: ${spell(option)} ${problem}`);
  }
}

/** An LMDB folder is named from the configuration's. */
function storeFrom(store: string, folder: string): string {
  return store.startsWith("lmdb:") ? `lmdb:${resolve(folder, store.slice(5))}` : store;
}

/** The line of an option, or of the nearest thing around it that is there. */
function lineOf(option: readonly unknown[], yaml: ParsedYaml): number {
  const { document, lines } = yaml;
  const node = document.getIn(option, true);
  if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  return option.length === 0 ? 1 : lineOf(option.slice(0, -1), yaml);
}

/** `keys[0].secret` */
function spell(option: readonly (string | number)[]): string {
  if (option.length === 0) return "the file";
  return option
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}
