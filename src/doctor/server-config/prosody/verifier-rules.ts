import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "../rule.ts";
import { listOf, type ProsodyConfig } from "./config.ts";

/** Where Debian's Prosody looks for modules besides. */
const defaultPluginFolders = [
  "/usr/lib/prosody/modules",
  "/usr/local/lib/prosody/modules",
  "/usr/lib/prosody/prosody-modules",
];

/** Whether Prosody has the host, and asks Mayfly about its logins. */
export const hostRules: readonly Rule<ProsodyConfig>[] = [
  {
    code: "host",
    find({ sections, host }) {
      if (sections.includes(host)) return undefined;
      const section = `VirtualHost "${host}"`;
      return { what: `there is no ${section}`, fix: section };
    },
  },
  {
    code: "auth-method",
    applies: ({ isOurs }) => !isOurs,
    find({ authentication }) {
      const { value, where } = authentication ?? {};
      if (["external_insecure", "http", "external"].includes(String(value))) return undefined;
      const method = value === undefined ? "not set" : JSON.stringify(value);
      return {
        what: `authentication is ${method}: Prosody does not ask the program`,
        where,
        severity: "error",
        why: "every login needs the program",
      };
    },
  },
  {
    code: "auth-method",
    find({ authentication }) {
      const { value, where } = authentication ?? {};
      if (value !== "external_insecure" && value !== "external") return undefined;
      return {
        what: `authentication is "${value}"`,
        where,
        severity: "error",
        why: "Prosody can apply one user's answer to another, and so accept wrong passwords",
      };
    },
  },
  {
    code: "module",
    applies: ({ isOurs }) => isOurs,
    find(config) {
      const paths = config.option("plugin_paths");
      const folders = [...listOf(paths), ...defaultPluginFolders];
      if (folders.some((it) => existsSync(join(config.resolve(it), "mod_auth_mayfly"))))
        return undefined;
      const what = "plugin_paths names no folder that holds the folder mod_auth_mayfly";
      return { what, where: paths?.where };
    },
  },
];

/** Where Prosody asks `mayfly serve`. */
export const programRules: readonly Rule<ProsodyConfig>[] = [
  {
    code: "program",
    applies: ({ isOurs }) => isOurs,
    find(config) {
      const setting = config.option("mayfly_socket");
      const socket = String(setting?.value ?? "/run/mayfly/extauth.sock");
      if (existsSync(socket)) return undefined;
      const fix = `mayfly serve --extauth unix:${socket} (systemctl enable --now mayfly)`;
      return { what: `there is no socket ${socket}`, where: setting?.where, fix };
    },
  },
];

/** Where Prosody verifies with key files. */
export const standAloneRules: readonly Rule<ProsodyConfig>[] = [
  {
    code: "secret-file",
    find(config) {
      const setting = config.option("mayfly_secret_files");
      if (secretFilesOf(config).length > 0) return undefined;
      return { what: "mayfly_secret_files names no file", where: setting?.where };
    },
  },
  {
    code: "secret-file",
    find(config) {
      const where = config.option("mayfly_secret_files")?.where;
      return secretFilesOf(config)
        .filter((file) => !existsSync(file))
        .map((file) => ({ what: `there is no secret ${file}`, where }));
    },
  },
  {
    code: "secrets-readable",
    find(config) {
      const where = config.option("mayfly_secret_files")?.where;
      return secretFilesOf(config)
        .filter((file) => ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o004) !== 0)
        .map((file) => ({
          what: `every user of this machine can read the secret ${file}`,
          where,
          fix: `chmod o= ${file}`,
        }));
    },
  },
];

/** The files of `mayfly_secret_files`, which may have the name of a hash beside each. */
function secretFilesOf(config: ProsodyConfig): string[] {
  return listOf(config.option("mayfly_secret_files"))
    .flat()
    .filter((it) => typeof it === "string" && !/^sha\d+$/.test(it))
    .map((it) => config.resolve(it));
}
