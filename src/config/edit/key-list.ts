import * as v from "valibot";
import { isMap, isNode, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { MayflyError } from "../../error.ts";
import { describeIssue, schema } from "../schema/index.ts";
import type { ParsedYaml } from "../yaml.ts";

const keysSchema = schema.entries.keys.wrapped;

/** An entry under `keys:`, unresolved: its secret is `file:PATH`, `env:NAME` or the secret itself. */
export type KeyEntry = v.InferOutput<typeof keysSchema>[number];

/** Path of an entry's secret file; `undefined` for other secrets. */
export function fileOf({ secret }: KeyEntry): string | undefined {
  return secret.startsWith("file:") ? secret.slice(5) : undefined;
}

/** The list under `keys:`, as YAML node and as values. */
export interface KeyList {
  /** Absent if the file has issuers and no `keys:`. */
  readonly node?: YAMLSeq<YAMLMap>;
  readonly entries: readonly KeyEntry[];
}

/**
 * Reads the keys of a `mayfly.yml`, without validating its other options.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for invalid keys; the message quotes none of their values
 */
export function keyList({ document, lines, values }: ParsedYaml, path: string): KeyList {
  const node = document.get("keys", true);
  const { keys, issuers } = (isMap(document.contents) ? values : {}) as Record<string, unknown>;
  if (keys === undefined && issuers !== undefined) return { entries: [] };
  const parsed = v.safeParse(keysSchema, keys);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const [item, option] = issue.path?.map(({ key }) => key as number | string) ?? [];
    const within = item === undefined ? "" : `[${item}]${option === undefined ? "" : `.${option}`}`;
    throw problem(within, keys === undefined ? "is missing" : describeIssue(issue), item);
  }
  if (!isSeq(node) || !node.items.every(isMap)) {
    throw problem("", "must be written out, without an *alias, to be changed");
  }
  const entries = parsed.output;
  const ids = entries.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice !== -1) throw problem(`[${twice}].id`, "is used twice", twice);
  return { node: node as YAMLSeq<YAMLMap>, entries };

  function problem(within: string, what: string, item?: number | string): MayflyError {
    const place = document.getIn(item === undefined ? ["keys"] : ["keys", item], true);
    const { line } = lines.linePos((isNode(place) && place.range?.[0]) || 0);
    return new MayflyError("ERR_CONFIG", `${path}:${line}: keys${within} ${what}`);
  }
}
