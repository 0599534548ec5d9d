import { isNode, LineCounter, parseDocument } from "yaml";

/** A parsed YAML file. */
export interface YamlFile {
  /** The value at the first of these paths that exists. */
  get(...paths: (string | number)[][]): { value: unknown; where: string } | undefined;
  /** The first syntax error, with its line. */
  error?: string;
}

/** Parses a YAML file; values keep their lines, and `define_macro` is resolved. */
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
