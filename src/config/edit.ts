import { existsSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, type YAMLMap } from "yaml";
import { MayflyError } from "../error.ts";
import type { KeyState } from "../keyring/index.ts";
import { accessLike } from "./access.ts";
import { type ParsedYaml, parseYaml } from "./document.ts";
import { createFile, readFile, replaceFile } from "./files.ts";
import { fileOf, type KeyEntry, type KeyList, keyList } from "./key-list.ts";
import { findConfig } from "./place.ts";
import { insertFirst, removeItem, type Splice, setValue, splice } from "./splice.ts";

/** A file to write beside `mayfly.yml`. */
export interface Companion {
  name: string;
  content: string | Uint8Array;
  /** @defaultValue that of a secret */
  mode?: number;
}

/** A `mayfly.yml` that is there. */
interface Existing {
  bytes: Uint8Array;
  yaml: ParsedYaml;
  list: KeyList;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The keys in a `mayfly.yml`, to be changed there. All but the entry in question stays as it is
 * written, byte for byte; what cannot be changed so is refused, and the file stays as it was.
 *
 * Everything here throws {@link MayflyError}: `ERR_CONFIG` for the file, `ERR_KEY` for an id.
 */
export class KeyFile {
  /** The file, as it was named. */
  readonly path: string;
  readonly #existing: Existing | undefined;

  /**
   * Opens the file that `loadConfig` would take. With `create`, one that is not there is taken for
   * empty, and written with its first key.
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

  /** Whether the file is yet to be written. */
  get isNew(): boolean {
    return this.#existing === undefined;
  }

  /** The keys, in order. */
  get entries(): readonly KeyEntry[] {
    return this.#existing?.list.entries ?? [];
  }

  /** The path of what the file names: relative ones start from its folder. */
  beside(name: string): string {
    return isAbsolute(name) ? name : join(dirname(this.path), name);
  }

  /** The key with this id. */
  entry(id: string): KeyEntry {
    const entry = this.entries.find((it) => it.id === id);
    if (entry) return entry;
    throw new MayflyError("ERR_KEY", `${this.path}: no key has the id ${JSON.stringify(id)}`);
  }

  /** Puts a key above the others and writes its files: all of it or nothing. */
  add(entry: KeyEntry, companions: readonly Companion[] = []): void {
    const written: string[] = [];
    const secrets = this.entries.flatMap((it) => fileOf(it) ?? []);
    const access = accessLike(
      secrets.map((name) => this.beside(name)),
      this.path,
    );
    const pairs = Object.entries(entry).map(([name, value]) => `${name}: ${spell(value)}`);
    try {
      for (const { name, content, ...mode } of companions) {
        createFile(this.beside(name), content, { ...access, ...mode });
        written.push(this.beside(name));
      }
      if (this.#existing) {
        const { yaml, list } = this.#existing;
        this.#save(insertFirst(yaml.text, list.node, pairs), (keys) => [entry, ...keys]);
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
    const index = this.entries.indexOf(this.entry(id));
    const { yaml, list } = this.#existing as Existing;
    const map = list.node.items[index] as YAMLMap;
    const change = setValue(yaml.text, map, "state", state, ["id", "secret", "algorithm"]);
    this.#save(change, (keys) => keys.with(index, { ...(keys[index] as object), state }));
  }

  /** Takes the key with this id out. What holds its secret stays. */
  remove(id: string): void {
    const index = this.entries.indexOf(this.entry(id));
    if (this.entries.length === 1) {
      throw new MayflyError("ERR_KEY", `${this.path}: ${id} is the only key: add another first`);
    }
    const { yaml, list } = this.#existing as Existing;
    this.#save(removeItem(yaml.text, list.node, index), (keys) => keys.toSpliced(index, 1));
  }

  /** Writes a change, once it is seen to change what it should and nothing else. */
  #save(change: Splice, expected: (keys: readonly unknown[]) => unknown[]): void {
    const { bytes, yaml } = this.#existing as Existing;
    const before = yaml.values as { keys: unknown[] };
    const after = splice(yaml.text, change);
    if (!isDeepStrictEqual(valuesOf(after), { ...before, keys: expected(before.keys) })) {
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

/** Writes a value so that it reads as itself anywhere in YAML. */
function spell(value: string | number | readonly string[]): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return `[${value.map(spell).join(", ")}]`;
  return /^[\w.:-]+$/.test(value) && isPlain(value) ? value : JSON.stringify(value);
}

function isPlain(value: string): boolean {
  try {
    return parse(value) === value;
  } catch {
    return false;
  }
}
