import { dirname, resolve } from "node:path";
import { type LuaFile, type LuaValue, readLuaWithIncluded } from "../lua.ts";
import type { Setting } from "../rule.ts";

/** What `prosody.cfg.lua`, with what it includes, sets for one host. */
export class ProsodyConfig {
  readonly path: string;
  readonly host: string;
  readonly #file: LuaFile;

  constructor(text: string, path: string, host: string) {
    this.path = path;
    this.host = host;
    this.#file = readLuaWithIncluded(text, path);
  }

  /** The hosts and components that the file has a section for. */
  get sections(): readonly string[] {
    return this.#file.sections;
  }

  /** An option, as the host has it: its own section counts before what is set for all. */
  option(name: string): Setting<LuaValue> | undefined {
    const all = this.#file.assignments.filter((it) => it.name === name);
    const setting =
      all.findLast((it) => it.section === this.host) ?? all.findLast((it) => !it.section);
    if (!setting) return undefined;
    const { value, file = this.path, line } = setting;
    return { value, where: `${file}:${line}` };
  }

  get authentication(): Setting<LuaValue> | undefined {
    return this.option("authentication");
  }

  /** Whether `mod_auth_mayfly` decides on logins. */
  get isOurs(): boolean {
    return this.authentication?.value === "mayfly";
  }

  /** Whether it verifies with nothing but key files. */
  get isStandAlone(): boolean {
    return this.isOurs && this.option("mayfly_secret_files") !== undefined;
  }

  /** Whether no FAST token outlives its credential. */
  get limitsFast(): boolean {
    return this.option("mayfly_end_fast_at_expiry")?.value === true;
  }

  /** The modules that are loaded. */
  get modules(): string[] {
    const disabled = listOf(this.option("modules_disabled"));
    return listOf(this.option("modules_enabled"))
      .filter((it) => !disabled.includes(it))
      .map(String);
  }

  /** A path as Prosody reads it: from the folder of its configuration. */
  resolve(path: LuaValue): string {
    return resolve(dirname(this.path), String(path));
  }
}

/** The items of a setting that may be a list, one item, or absent. */
export function listOf(setting: Setting<LuaValue> | undefined): LuaValue[] {
  const value = setting?.value;
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
