import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** A literal in Prosody's configuration; `undefined` for any other expression. */
export type LuaValue = string | number | boolean | LuaValue[] | undefined;

/** A line `name = value`. */
export interface Assignment {
  name: string;
  value: LuaValue;
  line: number;
  /** The host or component that it belongs to; absent for a global option. */
  section?: string;
  /** The file that it was read from, for an included file. */
  file?: string;
}

/** The assignments of a file, and its hosts and components. */
export interface LuaFile {
  assignments: Assignment[];
  sections: string[];
}

const token =
  /--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[(?<long>.*?)\]\2\]|(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)|(?<name>[A-Za-z_]\w*)|(?<mark>\S)/gs;

interface Token {
  kind: "string" | "number" | "name" | "mark";
  text: string;
  line: number;
}

/**
 * Parses the assignments of a Lua file, with the host or component of each. No Lua is executed: an
 * expression other than a string, number, boolean or table has the value `undefined`.
 *
 * @param include - reads the files that an `Include` names; absent, they set nothing
 */
export function readLua(text: string, include?: (name: string) => LuaFile): LuaFile {
  const tokens = tokensOf(text);
  const assignments: Assignment[] = [];
  const sections: string[] = [];
  let section: string | undefined;
  let at = 0;
  while (at < tokens.length) {
    const [it, next, after] = tokens.slice(at, at + 3);
    const argument = next?.text === "(" ? after : next;
    if (it?.kind === "name" && isSection(it.text) && argument?.kind === "string") {
      section = argument.text;
      sections.push(section);
      at += 2;
    } else if (it?.text === "Include" && argument?.kind === "string") {
      const { assignments: its, sections: more } = include?.(argument.text) ?? nothing;
      assignments.push(...its);
      sections.push(...more);
      at += 2;
    } else if (it?.kind === "name" && next?.text === "=" && after?.text !== "=") {
      at += 2;
      const value = readValue();
      assignments.push({ name: it.text, value, line: it.line, ...(section && { section }) });
    } else at++;
  }
  return { assignments, sections };

  function readValue(): LuaValue {
    const it = tokens[at++];
    if (it?.kind === "string") return it.text;
    if (it?.kind === "number") return numberOf(it.text);
    if (it?.text === "true" || it?.text === "false") return it.text === "true";
    return it?.text === "{" ? readTable() : undefined;
  }

  /** The items of a table; a field is an item `[name, value]`. */
  function readTable(): LuaValue[] {
    const items: LuaValue[] = [];
    while (at < tokens.length && tokens[at]?.text !== "}") {
      if (tokens[at]?.kind === "mark" && tokens[at]?.text !== "{") at++;
      else if (tokens[at + 1]?.kind === "mark" && tokens[at + 1]?.text === "=") {
        const { text: name = "" } = tokens[at] ?? {};
        at += 2;
        items.push([name, readValue()]);
      } else items.push(readValue());
    }
    at++;
    return items;
  }

  /** `1024 * 64` is common. */
  function numberOf(digits: string): number {
    let value = Number(digits);
    while (tokens[at]?.text === "*" && tokens[at + 1]?.kind === "number") {
      value *= Number(tokens[at + 1]?.text);
      at += 2;
    }
    return value;
  }
}

const nothing: LuaFile = { assignments: [], sections: [] };

function isSection(name: string): boolean {
  return name === "VirtualHost" || name === "Component";
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let last = 0;
  for (const match of text.matchAll(token)) {
    line += text.slice(last, match.index).split("\n").length - 1;
    last = match.index;
    const { long, string, number, name, mark } = match.groups ?? {};
    if (long !== undefined) tokens.push({ kind: "string", text: long, line });
    else if (string !== undefined) tokens.push({ kind: "string", text: unquote(string), line });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, line });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, line });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark, line });
  }
  return tokens;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/**
 * Parses a configuration file of Prosody with the files that it includes, as Prosody does: their
 * assignments take effect at the `Include`, and are global unless a `VirtualHost` precedes them.
 */
export function readLuaWithIncluded(text: string, path: string): LuaFile {
  return readLua(text, (name) => {
    const files = named(resolve(dirname(path), name)).map(readIncluded);
    return {
      assignments: files.flatMap(({ assignments }) => assignments),
      sections: files.flatMap(({ sections }) => sections),
    };
  });
}

function readIncluded(file: string): LuaFile {
  const { assignments, sections } = readLuaWithIncluded(read(file), file);
  return { assignments: assignments.map((it) => ({ file, ...it })), sections };
}

/** An unreadable file is empty, as for Prosody. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The files that a path matches; its last part may have `*` and `?`. */
function named(path: string): string[] {
  if (!/[*?]/.test(path)) return [path];
  const folder = dirname(path);
  const spelled = basename(path)
    .replace(/[.+^$()|[\]{}\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const matches = new RegExp(`^${spelled}$`);
  try {
    return readdirSync(folder)
      .filter((name) => matches.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
