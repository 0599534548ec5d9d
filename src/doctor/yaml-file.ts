import { isNode, LineCounter, parseDocument } from "yaml";

/** A YAML file to look things up in. */
export interface YamlFile {
  /** What stands at a path, or at the first of several that is there. */
  get(...paths: (string | number)[][]): { value: unknown; where: string } | undefined;
  /** The first mistake in it. */
  error?: string;
}

/** Reads a YAML file, with the line of everything in it. */
export function readYaml(text: string, path: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const values = document.errors.length > 0 ? {} : (document.toJS() ?? {});
  const macros = (values.define_macro ?? {}) as Record<string, unknown>;
  const [error] = document.errors;
  return {
    ...(error && {
      error: `${path}:${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0]}`,
    }),
    get(...paths) {
      for (const keys of paths) {
        const value = keys.reduce<unknown>(
          (at, key) => (at as Record<string | number, unknown> | undefined)?.[key],
          values,
        );
        if (value === undefined) continue;
        const resolved =
          typeof value === "string" && Object.hasOwn(macros, value) ? macros[value] : value;
        const node = document.getIn(keys, true);
        const line = isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
        return { value: resolved, where: `${path}:${line}` };
      }
      return undefined;
    },
  };
}
