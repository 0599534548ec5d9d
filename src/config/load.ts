import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { KeyInput } from "../keyring/index.ts";
import type { Policy } from "../policy/index.ts";
import { ConfigError } from "./error.ts";
import { complaint, schema } from "./schema.ts";
import { resolveSecret } from "./secret.ts";

/** What is configured. */
export interface Config {
  /** The file it comes from, or `MAYFLY_SECRET`. */
  source: string;
  keys: KeyInput[];
  /** Absent where every host is served with the defaults. */
  hosts?: Record<string, Partial<Policy>>;
}

const usualPlaces = ["mayfly.yml", "/etc/mayfly/mayfly.yml"];

/**
 * Loads the configuration: the file named, else `$MAYFLY_CONFIG`, else `./mayfly.yml`, else
 * `/etc/mayfly/mayfly.yml`; with none of them `$MAYFLY_SECRET` alone is a keyring of one key.
 *
 * @throws {@link ConfigError} where that cannot be used.
 */
export function loadConfig(file?: string, env: NodeJS.ProcessEnv = process.env): Config {
  const path = file ?? env.MAYFLY_CONFIG ?? usualPlaces.find((place) => existsSync(place));
  if (path !== undefined) return loadFile(path, env);
  if (env.MAYFLY_SECRET) {
    return { source: "MAYFLY_SECRET", keys: [{ id: "MAYFLY_SECRET", secret: env.MAYFLY_SECRET }] };
  }
  throw new ConfigError(
    `no configuration: write ${usualPlaces.join(" or ")}, name a file with --config, or set MAYFLY_SECRET`,
  );
}

function loadFile(path: string, env: NodeJS.ProcessEnv): Config {
  const lines = new LineCounter();
  const document = parse(read(path), path, lines);
  const parsed = v.safeParse(schema, values(document, path));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw at(issue.path?.map(({ key }) => key as string | number) ?? [], complaint(issue));
  }
  const { keys, ...rest } = parsed.output;
  return {
    source: path,
    ...rest,
    keys: keys.map((key, index) => {
      try {
        return { ...key, secret: resolveSecret(key.secret, dirname(resolve(path)), env) };
      } catch (error) {
        throw at(["keys", index, "secret"], (error as Error).message);
      }
    }),
  };

  function at(option: (string | number)[], problem: string): ConfigError {
    const line = lineOf(document, option, lines);
    return new ConfigError(`${path}:${line}: ${spell(option)} ${problem}`);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

// The messages and excerpts of the parser quote the file, and the file may hold secrets.
function parse(source: string, path: string, lines: LineCounter): Document {
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const [error] = [...document.errors, ...document.warnings];
  if (!error) return document;
  const { line, col } = lines.linePos(error.pos[0]);
  throw new ConfigError(`${path}:${line}:${col}: is not valid YAML (${error.code})`);
}

function values(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch {
    throw new ConfigError(`${path}: has an alias (*name) without its anchor; quote text with a *`);
  }
}

/** The line of an option, or of the nearest thing around it that is there. */
function lineOf(document: Document, option: readonly unknown[], lines: LineCounter): number {
  const node = document.getIn(option, true);
  if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  return option.length === 0 ? 1 : lineOf(document, option.slice(0, -1), lines);
}

/** `keys[0].secret` */
function spell(option: readonly (string | number)[]): string {
  if (option.length === 0) return "the file";
  return option
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .slice(1);
}
