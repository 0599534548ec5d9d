import { type Document, LineCounter, parseDocument } from "yaml";
import { MayflyError } from "../error.ts";

/** A parsed YAML document, with its text. */
export interface ParsedYaml {
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The plain values. */
  readonly values: unknown;
}

/**
 * Parses YAML, keeping source positions. The parser's messages quote the text, which may contain secrets,
 * so errors carry only its error codes.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for invalid YAML
 */
export function parseYaml(text: string, path: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    keepSourceTokens: true,
    lineCounter: lines,
    prettyErrors: false,
  });
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    const problem = `is not valid YAML (${error.code})`;
    throw new MayflyError("ERR_CONFIG", `${path}:${line}:${col}: ${problem}`);
  }
  try {
    return { text, document, lines, values: document.toJS() };
  } catch {
    throw new MayflyError("ERR_CONFIG", `${path}: has an alias (*name) without an anchor (&name)`);
  }
}
