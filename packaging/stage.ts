import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { copyright } from "./copyright.ts";
import { commandPage } from "./man-page.ts";
import { configurationPage } from "./yaml-page.ts";

/** The architectures, as Debian and Node name them, with the checksum of the registry's Node. */
export const arches = {
  amd64: {
    cpu: "x64",
    integrity:
      "sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==",
  },
  arm64: {
    cpu: "arm64",
    integrity:
      "sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==",
  },
} as const;

export type Arch = keyof typeof arches;

/** The Node in the package: of the line with long-term support that Mayfly's tests also run on. */
const nodeVersion = "24.22.3";

/** What the commands need at run time; all else of the npm package is documentation. */
const needed = [
  "dist",
  "ejabberd",
  "logrotate",
  "node_modules",
  "package.json",
  "prosody",
  "systemd",
];

/** The files that are started. */
const programs = ["bin/node", "dist/cli/main.js", "dist/mayfly-extauth.mjs", "ejabberd/relay.sh"];

/** What is left out: for npm, for compilers, and for those who work on Mayfly. */
const omitted = ["CONTRIBUTING.md", "LICENSE"];

/** What to stage, and where. */
export interface StageOptions {
  arch: Arch;
  /** The folder that becomes `/`. */
  root: string;
  checkout: string;
  /** A folder for what is fetched. */
  work: string;
  /** The time of the release, in Unix seconds. */
  epoch: string;
}

/**
 * Lays out the files of the package.
 *
 * @returns the version
 */
export function stageFiles({ arch, root, checkout, work, epoch }: StageOptions): string {
  const home = join(root, "usr/lib/mayfly");
  const doc = join(root, "usr/share/doc/mayfly");
  mkdirSync(work, { recursive: true });
  mkdirSync(dirname(home), { recursive: true });
  mkdirSync(doc, { recursive: true });

  const packed = run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", work], {
    cwd: checkout,
  }).trim();
  unpack(join(work, packed), home);
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  installModules(arch, home, checkout);
  const runtime = fetchNode(arch, work);
  put(join(runtime, "bin/node"), join(home, "bin/node"), 0o755);
  prune(home);

  setInterpreters(home);
  link("../lib/mayfly/dist/cli/main.js", join(root, "usr/bin/mayfly"));

  for (const name of readdirSync(home)) {
    if (omitted.includes(name)) rmSync(join(home, name));
    else if (name !== "bin" && !needed.includes(name))
      renameSync(join(home, name), join(doc, name));
  }
  for (const name of ["ejabberd", "prosody"]) link(`../../../lib/mayfly/${name}`, join(doc, name));

  putConfiguration(root, home, join(checkout, "packaging/debian"));
  putProsodyModules(root, home);
  putPages(root, checkout);
  write(join(doc, "copyright"), copyright(home, checkout));
  put(join(runtime, "LICENSE"), join(doc, "LICENSE.node"));
  write(join(doc, "changelog.gz"), gzipSync(changelog(version, checkout, epoch), { level: 9 }));
  settleModes(root);
  return version;
}

/** The modules of the lockfile for that architecture, and no other. */
function installModules(arch: Arch, home: string, checkout: string): void {
  cpSync(join(checkout, "package-lock.json"), join(home, "package-lock.json"));
  const only = [
    "--omit=dev",
    "--omit=peer",
    "--os=linux",
    "--libc=glibc",
    `--cpu=${arches[arch].cpu}`,
  ];
  run("npm", ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", ...only], {
    cwd: home,
  });
  rmSync(join(home, "package-lock.json"));
}

/** The registry's Node, checked against the checksum above. */
function fetchNode(arch: Arch, work: string): string {
  const { cpu, integrity } = arches[arch];
  const name = `node-linux-${cpu}@${nodeVersion}`;
  const file = join(work, run("npm", ["pack", "--silent", name], { cwd: work }).trim());
  const hash = createHash("sha512").update(readFileSync(file)).digest("base64");
  if (`sha512-${hash}` !== integrity) throw new Error(`${name} is not the file that it was`);
  const folder = join(work, "node");
  unpack(file, folder, ["package/bin/node", "package/LICENSE"]);
  return folder;
}

/** Leaves out what no program reads: types, sources, and the modules' own pages and tests. */
function prune(home: string): void {
  const modules = join(home, "node_modules");
  const unread =
    /\.(d\.[mc]?ts|ts|map|md|markdown|flow|yml|gyp|c|h|cc|cpp)$|\.musl\.node$|\.abi\d+\.|^\.|^(yarn\.lock|tsconfig.*)$/;
  const folders = /^(test|tests|benchmark|deps|dependencies|src|docs|man|\..*)$/;
  // A peer that no program loads; what only compiles modules; and what msgpackr is quicker with, which
  // does not exist for each architecture.
  const unused = [
    "typescript",
    "@typescript",
    "node-addon-api",
    "@msgpackr-extract",
    "msgpackr-extract",
  ];
  for (const name of unused) {
    rmSync(join(modules, name), { recursive: true, force: true });
  }
  for (const entry of readdirSync(modules, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!existsSync(path)) continue; // it has gone with its folder
    if (entry.isDirectory() && folders.test(entry.name) && isUnused(path)) {
      rmSync(path, { recursive: true });
    } else if (!entry.isDirectory() && unread.test(entry.name)) rmSync(path);
  }
  for (const entry of readdirSync(join(home, "dist"), { withFileTypes: true, recursive: true })) {
    if (/\.d\.ts$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
  }
}

/** The programs of Mayfly start with the package's Node; those of modules are none here. */
function setInterpreters(home: string): void {
  for (const entry of readdirSync(home, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.[cm]?js$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, "utf8");
    if (!text.startsWith("#!")) continue;
    const rest = text.slice(text.indexOf("\n") + 1);
    const isOurs = programs.some((name) => path === join(home, name));
    writeFileSync(path, isOurs ? `#!/usr/lib/mayfly/bin/node\n${rest}` : rest);
  }
}

/** Whether a folder of a module is none that its package.json names as code. */
function isUnused(path: string): boolean {
  const file = join(dirname(path), "package.json");
  if (basename(path).startsWith(".")) return true;
  if (!existsSync(file)) return false;
  const { main, module, exports, bin, imports } = JSON.parse(readFileSync(file, "utf8"));
  const code = JSON.stringify([main ?? "index.js", module, exports, bin, imports]);
  return !code.includes(`${basename(path)}/`);
}

function putConfiguration(root: string, home: string, debian: string): void {
  for (const name of readdirSync(join(home, "systemd"))) {
    put(join(home, "systemd", name), join(root, "usr/lib/systemd/system", name));
  }
  put(join(home, "logrotate/mayfly"), join(root, "etc/logrotate.d/mayfly"));
  put(join(debian, "mayfly.sysusers"), join(root, "usr/lib/sysusers.d/mayfly.conf"));
  put(join(debian, "mayfly.tmpfiles"), join(root, "usr/lib/tmpfiles.d/mayfly.conf"));
  put(join(debian, "lintian-overrides"), join(root, "usr/share/lintian/overrides/mayfly"));
  const completions = {
    bash: "usr/share/bash-completion/completions/mayfly",
    zsh: "usr/share/zsh/vendor-completions/_mayfly",
    fish: "usr/share/fish/vendor_completions.d/mayfly.fish",
  };
  for (const [shell, path] of Object.entries(completions)) {
    write(join(root, path), mayfly(home, "completion", shell));
  }
}

/** In the folder where Debian's Prosody looks by itself. */
function putProsodyModules(root: string, home: string): void {
  const modules = join(root, "usr/lib/prosody/modules");
  mkdirSync(modules, { recursive: true });
  for (const name of ["mod_auth_mayfly", "mod_mayfly_guests", "mod_mayfly_turn"]) {
    if (!existsSync(join(home, "prosody", name))) throw new Error(`no ${name} for Prosody`);
    link(`../../mayfly/prosody/${name}`, join(modules, name));
  }
}

function putPages(root: string, checkout: string): void {
  const man = join(root, "usr/share/man");
  const page = (name: string, text: string) =>
    write(join(man, `man${name.at(-1)}`, `${name}.gz`), gzipSync(text, { level: 9 }));
  page(
    "mayfly.1",
    commandPage((...words) => mayfly(checkout, ...words)),
  );
  page("mayfly.yml.5", configurationPage(checkout));
}

/** What a command prints, run by this Node: the package's may be for another machine. */
function mayfly(home: string, ...words: string[]): string {
  return execFileSync(process.execPath, [join(home, "dist/cli/main.js"), ...words], {
    encoding: "utf8",
  });
}

/** Debian's changelog: a release an entry. What changed stands in CHANGELOG.md. */
function changelog(version: string, checkout: string, epoch: string): string {
  const text = readFileSync(join(checkout, "CHANGELOG.md"), "utf8");
  if (!text.includes(`## ${version}`)) throw new Error(`CHANGELOG.md has no ## ${version}`);
  const date = new Date(Number(epoch) * 1000).toUTCString().replace("GMT", "+0000");
  return `mayfly (${version}) unstable; urgency=medium

  * See /usr/share/doc/mayfly/CHANGELOG.md.

 -- ${maintainer}  ${date}
`;
}

/** Who builds the package, as Debian's tools take it from the environment. */
export const maintainer: string = `${process.env.DEBFULLNAME ?? "Mayfly"} <${process.env.DEBEMAIL ?? "mayfly@localhost.localdomain"}>`;

/** Files are read by all and changed by root. */
function settleModes(root: string): void {
  execFileSync("chmod", ["-R", "u=rwX,go=rX", root]);
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = programs.some((name) => path === join(root, "usr/lib/mayfly", name));
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
}

function unpack(file: string, folder: string, only: string[] = []): void {
  mkdirSync(folder, { recursive: true });
  run("tar", ["-xzf", file, "-C", folder, "--strip-components=1", "--no-same-owner", ...only], {});
}

function put(from: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  chmodSync(to, mode);
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

function run(command: string, args: string[], options: { cwd?: string }): string {
  return execFileSync(command, args, {
    ...options,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
