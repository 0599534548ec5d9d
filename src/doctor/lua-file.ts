/** A value in Prosody's configuration, as far as it is plain. */
export type LuaValue = string | number | boolean | LuaValue[] | undefined;

/** A line `name = value`. */
export interface Assignment {
  name: string;
  value: LuaValue;
  line: number;
  /** The host or component that it is for; absent where it is for all. */
  section?: string;
  /** The file that it stands in, where that was included. */
  file?: string;
}

/** What a file sets, and the hosts and components in it. */
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
 * Reads the assignments of a Lua file, and the hosts and components that they are for. No Lua is run:
 * what is more than names, strings, numbers, and lists of them has no value here.
 *
 * @param include - reads what `Include` names; which sets nothing, when left out
 */
export function readLua(text: string, include?: (name: string) => LuaFile): LuaFile {
  const tokens = tokensOf(text);
  const assignments: Assignment[] = [];
  const sections: string[] = [];
  let section: string | undefined;
  let at = 0;
  while (at < tokens.length) {
    const [it, next, after] = tokens.slice(at, at + 3);
    const named = next?.text === "(" ? after : next;
    if (it?.kind === "name" && isSection(it.text) && named?.kind === "string") {
      section = named.text;
      sections.push(section);
      at += 2;
    } else if (it?.text === "Include" && named?.kind === "string") {
      const { assignments: its, sections: more } = include?.(named.text) ?? nothing;
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

  /** The items of a table, and the values of its fields. */
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
  function numberOf(text: string): number {
    let value = Number(text);
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
