import { existsSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, type YAMLMap, type YAMLSeq } from "yaml";
import { MayflyError } from "../../error.ts";
import type { KeyState } from "../../keyring/index.ts";
import { createFile, readFile, replaceFile, secretFileMode } from "../files.ts";
import { findConfig } from "../locate.ts";
import { type ParsedYaml, parseYaml } from "../yaml.ts";
import { fileOf, type KeyEntry, type KeyList, keyList } from "./key-list.ts";
import {
  applyEdit,
  insertFirst,
  insertList,
  removeItem,
  setValue,
  type TextEdit,
} from "./yaml-edit.ts";

/** A file to write beside `mayfly.yml`. */
export interface KeyFileAttachment {
  name: string;
  content: string | Uint8Array;
  /** File mode. @defaultValue that of a secret file, `0o600` unless its neighbours differ */
  mode?: number;
}

/** A parsed `mayfly.yml`. */
interface Existing {
  bytes: Uint8Array;
  yaml: ParsedYaml;
  list: KeyList;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The editable keys of a `mayfly.yml`. An edit keeps the rest of the file byte for byte, comments too; an
 * edit for which that is impossible is refused, and the file is left unchanged.
 *
 * All methods throw {@link MayflyError}: `ERR_CONFIG` for the file, `ERR_KEY` for an id.
 */
export class KeyFile {
  /** Path of the file, as given. */
  readonly path: string;
  readonly #existing: Existing | undefined;

  /**
   * Opens the file that `loadConfig` would load. With `create`, a missing file counts as empty, and is
   * created with its first key.
   */
  constructor(file?: string, { create = false, env = process.env } = {}) {
    const found = findConfig(file, env);
    if (found === undefined && !create) {
      const hint = "mayfly keys add writes mayfly.yml, --config names another file";
      throw new MayflyError("ERR_CONFIG", `no configuration: ${hint}`);
    }
    this.path = found ?? "mayfly.yml";
    this.#existing = create && !existsSync(this.path) ? undefined : open(this.path);
  }

  /** Whether the file does not exist yet. */
  get isNew(): boolean {
    return this.#existing === undefined;
  }

  /** The keys, in order. */
  get entries(): readonly KeyEntry[] {
    return this.#existing?.list.entries ?? [];
  }

  /** Resolves a path in the file, relative to the file's folder. */
  beside(name: string): string {
    return isAbsolute(name) ? name : join(dirname(this.path), name);
  }

  /** The key with this id. */
  entry(id: string): KeyEntry {
    const entry = this.entries.find((it) => it.id === id);
    if (entry) return entry;
    throw new MayflyError("ERR_KEY", `${this.path}: no key has the id ${JSON.stringify(id)}`);
  }

  /** Adds a key as the first and writes its files: all or nothing. */
  add(entry: Omit<KeyEntry, "allowShort">, companions: readonly KeyFileAttachment[] = []): void {
    const written: string[] = [];
    const secrets = this.entries.flatMap((it) => fileOf(it) ?? []);
    const access = secretFileMode(
      secrets.map((name) => this.beside(name)),
      this.path,
    );
    const pairs = Object.entries(entry).map(
      ([name, value]) => `${name}: ${formatYamlScalar(value)}`,
    );
    try {
      for (const { name, content, ...mode } of companions) {
        createFile(this.beside(name), content, { ...access, ...mode });
        written.push(this.beside(name));
      }
      if (this.#existing) {
        const { yaml, list } = this.#existing;
        const change = list.node
          ? insertFirst(yaml.text, list.node, pairs)
          : insertList(yaml.text, yaml.document.contents as YAMLMap, "keys", pairs);
        this.#save(change, (keys) => [entry, ...keys]);
      } else {
        createFile(this.path, `keys:\n  - ${pairs.join("\n    ")}\n`);
      }
    } catch (error) {
      for (const path of written) rmSync(path, { force: true });
      throw error;
    }
  }

  /** Sets the state of the key with this id. */
  setState(id: string, state: KeyState): void {
    const { index, yaml, node } = this.#find(id);
    const map = node.items[index] as YAMLMap;
    const change = setValue(yaml.text, map, "state", state, ["id", "secret", "algorithm"]);
    this.#save(change, (keys) => keys.with(index, { ...(keys[index] as object), state }));
  }

  /** Removes the key with this id. Its secret file stays. */
  remove(id: string): void {
    const { index, yaml, node } = this.#find(id);
    if (this.entries.length === 1) {
      throw new MayflyError("ERR_KEY", `${this.path}: ${id} is the only key: add another first`);
    }
    this.#save(removeItem(yaml.text, node, index), (keys) => keys.toSpliced(index, 1));
  }

  /** Finds the key with this id in the list. */
  #find(id: string): { index: number; yaml: ParsedYaml; node: YAMLSeq<YAMLMap> } {
    const index = this.entries.indexOf(this.entry(id));
    const { yaml, list } = this.#existing as Existing;
    return { index, yaml, node: list.node as YAMLSeq<YAMLMap> };
  }

  /** Applies an edit and writes the file, after checking that it changes the expected values and no others. */
  #save(change: TextEdit, expected: (keys: readonly unknown[]) => unknown[]): void {
    const { bytes, yaml } = this.#existing as Existing;
    const before = yaml.values as { keys?: unknown[] };
    const after = applyEdit(yaml.text, change);
    if (!isDeepStrictEqual(valuesOf(after), { ...before, keys: expected(before.keys ?? []) })) {
      const problem = "cannot be changed without touching more than that key: edit it by hand";
      throw new MayflyError("ERR_CONFIG", `${this.path}: ${problem}`);
    }
    replaceFile(this.path, bytes, after);
  }
}

function open(path: string): Existing {
  const bytes = readFile(path);
  const yaml = parseYaml(decode(bytes, path), path);
  return { bytes, yaml, list: keyList(yaml, path) };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MayflyError("ERR_CONFIG", `${path}: is not UTF-8`);
  }
}

function valuesOf(text: string): unknown {
  try {
    return parseYaml(text, "").values;
  } catch {
    return undefined;
  }
}

/** Formats a value as YAML that parses to the same value in block and flow style. */
function formatYamlScalar(value: string | number | readonly string[]): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return `[${value.map(formatYamlScalar).join(", ")}]`;
  return /^[\w.:-]+$/.test(value) && isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(value: string): boolean {
  try {
    return parse(value) === value;
  } catch {
    return false;
  }
}
