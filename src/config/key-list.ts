import * as v from "valibot";
import { isMap, isNode, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { MayflyError } from "../error.ts";
import type { ParsedYaml } from "./document.ts";
import { complaint, schema } from "./schema.ts";

const { keys: keysSchema } = schema.entries;

/** An entry under `keys:` as it stands there: its secret is `file:PATH`, `env:NAME` or itself. */
export type KeyEntry = v.InferOutput<typeof keysSchema>[number];

/** The file that an entry's secret is in, if it is in one. */
export function fileOf({ secret }: KeyEntry): string | undefined {
  return secret.startsWith("file:") ? secret.slice(5) : undefined;
}

/** The list under `keys:`, and what stands in it. */
export interface KeyList {
  readonly node: YAMLSeq<YAMLMap>;
  readonly entries: readonly KeyEntry[];
}

/**
 * Takes the keys out of a `mayfly.yml`, whatever else stands in it.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for keys that cannot be used; it quotes none of them.
 */
export function keyList({ document, lines, values }: ParsedYaml, path: string): KeyList {
  const node = document.get("keys", true);
  const { keys } = (isMap(document.contents) ? values : {}) as { keys?: unknown };
  const parsed = v.safeParse(keysSchema, keys);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const [item, option] = issue.path?.map(({ key }) => key as number | string) ?? [];
    const within = item === undefined ? "" : `[${item}]${option === undefined ? "" : `.${option}`}`;
    throw problem(within, keys === undefined ? "is missing" : complaint(issue), item);
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
