import { type Document, LineCounter, parseDocument } from "yaml";
import { MayflyError } from "../error.ts";

/** YAML with the text that it was parsed from. */
export interface ParsedYaml {
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The plain values. */
  readonly values: unknown;
}

/**
 * Parses YAML, with the tokens that tell where things stand. The messages and excerpts of the
 * parser quote the text, which may hold secrets, so only its codes are passed on.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for a text that is not YAML.
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
    throw new MayflyError("ERR_CONFIG", `${path}: has an alias (*name) that leads nowhere`);
  }
}
