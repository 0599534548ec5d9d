import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { isNode } from "yaml";
import { MayflyError } from "../error.ts";
import { readFile } from "./files.ts";
import { defaultPaths, findConfig } from "./locate.ts";
import { describeIssue, schema } from "./schema/index.ts";
import { resolveJwks, resolveSecret, resolveUrl, writtenAt } from "./secrets.ts";
import type { Config, HttpConfig, IssuerConfig, Secret } from "./types.ts";
import { type ParsedYaml, parseYaml } from "./yaml.ts";

type RawIssuer = NonNullable<v.InferOutput<typeof schema>["issuers"]>[number];
type RawHttp = NonNullable<v.InferOutput<typeof schema>["http"]>;

/** Shorter HTTP secrets could be guessed over the network. */
const minSecretCharacters = 16;

/**
 * Loads the configuration: the given file, else `$MAYFLY_CONFIG`, else `./mayfly.yml`, else
 * `/etc/mayfly/mayfly.yml`; without any of them, `$MAYFLY_SECRET` is the only key.
 *
 * @param onFileRead - called with the path of each file that this depends on, existing or not
 * @throws {@link MayflyError} `ERR_CONFIG` if there is none or it is invalid
 */
export function loadConfig(
  file?: string,
  env: NodeJS.ProcessEnv = process.env,
  onFileRead: (path: string) => void = () => {},
): Config {
  const path = findConfig(file, env);
  for (const it of path === undefined ? defaultPaths : [path]) onFileRead(resolve(it));
  if (path !== undefined) return loadFile(path, env, onFileRead);
  if (env.MAYFLY_SECRET) {
    const key = { id: "MAYFLY_SECRET", secret: env.MAYFLY_SECRET };
    return { source: "MAYFLY_SECRET", keys: [key], writtenAt: new Map(), issuers: [] };
  }
  throw new MayflyError(
    "ERR_CONFIG",
    `no configuration: write ${defaultPaths.join(" or ")}, name a file with --config, or set MAYFLY_SECRET`,
  );
}

/** Whether there is a configuration to load, valid or not. */
export function isConfigured(file?: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return findConfig(file, env) !== undefined || Boolean(env.MAYFLY_SECRET);
}

function loadFile(
  path: string,
  env: NodeJS.ProcessEnv,
  onFileRead: (path: string) => void,
): Config {
  const yaml = parseYaml(readFile(path).toString(), path);
  const parsed = v.safeParse(schema, yaml.values);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw at(issue.path?.map(({ key }) => key as string | number) ?? [], describeIssue(issue));
  }
  const { keys = [], issuers = [], http, ...rest } = parsed.output;
  const folder = dirname(resolve(path));
  const filesOf = (references: readonly string[]) =>
    references
      .filter((reference) => reference.startsWith("file:"))
      .map((reference) => resolve(folder, reference.slice(5)));
  const httpSecretFiles = filesOf([
    ...(http?.apiKeys ?? []),
    http?.backendSecret ?? "",
    http?.signIn?.clientSecret ?? "",
  ]);
  const keyFiles = filesOf([
    ...keys.map(({ secret }) => secret),
    ...issuers.flatMap(({ jwks }) => jwks ?? []),
  ]);
  const issuerSecretFiles = filesOf(
    issuers.flatMap(({ introspection }) => introspection?.clientSecret ?? []),
  );
  for (const it of [...keyFiles, ...httpSecretFiles, ...issuerSecretFiles]) onFileRead(it);
  return {
    source: path,
    ...rest,
    ...(httpSecretFiles.length > 0 && { httpSecretFiles }),
    ...(issuerSecretFiles.length > 0 && { issuerSecretFiles }),
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
        const writtenMs = writtenAt(secret, folder);
        return writtenMs === undefined ? [] : [[id, writtenMs] as const];
      }),
    ),
    issuers: issuers.map(issuerFrom),
    ...(http && { http: httpFrom(http) }),
    ...(rest.feed && { feed: { sockets: rest.feed.sockets.map(socketFrom) } }),
  };

  function socketFrom(socket: string): string {
    return resolve(folder, socket.replace(/^unix:/, ""));
  }

  function issuerFrom({ jwks, introspection, ...others }: RawIssuer, index: number): IssuerConfig {
    return {
      ...others,
      ...(jwks !== undefined && {
        jwks: attempt(["issuers", index, "jwks"], () => resolveJwks(jwks, folder)),
      }),
      ...(introspection && { introspection: introspectionFrom(introspection, index) }),
    };
  }

  function introspectionFrom(
    { clientId, clientSecret, endpoint }: NonNullable<RawIssuer["introspection"]>,
    index: number,
  ): NonNullable<IssuerConfig["introspection"]> {
    const option = ["issuers", index, "introspection"];
    return {
      clientId,
      clientSecret: attempt([...option, "client_secret"], () =>
        resolveSecret(clientSecret, folder, env),
      ),
      ...(endpoint !== undefined && {
        endpoint: attempt([...option, "endpoint"], () => resolveUrl(endpoint)),
      }),
    };
  }

  function httpFrom({
    apiKeys,
    adminKeys,
    backendSecret,
    signIn,
    chat,
    ...others
  }: RawHttp): HttpConfig {
    return {
      ...others,
      ...(apiKeys && {
        apiKeys: apiKeys.map((key, index) => password(["http", "api_keys", index], key)),
      }),
      ...(adminKeys && {
        adminKeys: adminKeys.map((key, index) => password(["http", "admin_keys", index], key)),
      }),
      ...(backendSecret !== undefined && {
        backendSecret: password(["http", "backend_secret"], backendSecret),
      }),
      ...(chat && {
        chat: {
          ...chat,
          ...(chat.converse !== undefined && { converse: resolve(folder, chat.converse) }),
        },
      }),
      ...(signIn && {
        signIn: {
          ...signIn,
          clientSecret: password(["http", "sign_in", "client_secret"], signIn.clientSecret),
        },
      }),
    };
  }

  function password(option: (string | number)[], reference: string): Secret {
    return attempt(option, () => {
      const secret = resolveSecret(reference, folder, env);
      if (secret.length >= minSecretCharacters) return secret;
      throw new Error(`must have at least ${minSecretCharacters} characters`);
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
    return new MayflyError("ERR_CONFIG", `${path}:${line}: ${formatPath(option)} ${problem}`);
  }
}

/** Resolves the folder of an LMDB store, relative to the configuration's folder. */
function storeFrom(store: string, folder: string): string {
  return store.startsWith("lmdb:") ? `lmdb:${resolve(folder, store.slice(5))}` : store;
}

/** Line of an option, or of the nearest enclosing option that exists. */
function lineOf(option: readonly unknown[], yaml: ParsedYaml): number {
  const { document, lines } = yaml;
  const node = document.getIn(option, true);
  if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  return option.length === 0 ? 1 : lineOf(option.slice(0, -1), yaml);
}

/** `keys[0].secret` */
function formatPath(option: readonly (string | number)[]): string {
  if (option.length === 0) return "the file";
  return option
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}
