// npm run package [-- --arch amd64|arm64] [--fast]: build/mayfly_<version>_<arch>.deb, for Debian 12 and
// 13 and Ubuntu, with a Node of its own. --fast compresses little, for tests.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeControl } from "./control.ts";
import { type Arch, arches, stageFiles } from "./stage.ts";

const checkout = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    arch: { type: "string", multiple: true },
    fast: { type: "boolean", default: false },
    to: { type: "string", default: join(checkout, "build") },
  },
});

/** Packages are the same for the same commit: files have its time. */
const epoch =
  process.env.SOURCE_DATE_EPOCH ??
  execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: checkout, encoding: "utf8" }).trim();

for (const arch of values.arch ?? Object.keys(arches)) {
  if (!(arch in arches)) throw new Error(`--arch may be ${Object.keys(arches).join(" or ")}`);
  const stage = mkdtempSync(join(tmpdir(), "mayfly-deb-"));
  try {
    build(arch as Arch, stage);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

function build(arch: Arch, stage: string): void {
  const root = join(stage, "root");
  const version = stageFiles({ arch, root, checkout, work: join(stage, "work"), epoch });
  writeControl({ arch, root, version });
  mkdirSync(values.to, { recursive: true });
  const file = join(values.to, `mayfly_${version}_${arch}.deb`);
  execFileSync("find", [root, "-exec", "touch", "-h", "-d", `@${epoch}`, "{}", "+"]);
  const compression = values.fast ? ["-Zgzip", "-z1"] : ["-Zxz"];
  execFileSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const megabytes = (statSync(file).size / 1e6).toFixed(1);
  process.stdout.write(`${file} (${megabytes} MB)\n`);
}
