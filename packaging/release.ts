// npm run release: checks version, changelog, tarball, types and packages, and says what publishes them.
// It publishes nothing by itself.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findObstacles } from "./release-checks.ts";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const read = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const say = (line: string) => process.stdout.write(`${line}\n`);
const packageJson = json("package.json");

function run(what: string, command: string, ...args: string[]): void {
  say(`${what}: ${[command, ...args].join(" ")}`);
  const { status } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) stop([`${what}: failed`]);
}

function stop(lines: string[]): never {
  for (const line of lines) process.stderr.write(`release: ${line}\n`);
  process.exit(1);
}

run("build", "npm", "run", "--silent", "build");
const [{ files }] = JSON.parse(read("npm", "pack", "--dry-run", "--ignore-scripts", "--json"));
const obstacles = findObstacles({
  packageJson,
  lockfile: json("package-lock.json"),
  changelog: readFileSync("CHANGELOG.md", "utf8"),
  tags: read("git", "tag").split("\n"),
  changes: read("git", "status", "--porcelain"),
  packed: files.map(({ path }: { path: string }) => path),
});
if (obstacles.length > 0) stop(obstacles);
say("version, changelog, tag and tarball: ok");
run("lint and types", "npm", "run", "--silent", "check");
const tests = ["test/command/package.test.ts", "test/api.test.ts", "test/packaging"];
run(
  "exports, types of each entry, files",
  "npx",
  "vitest",
  "run",
  "--project",
  "unit",
  "--project",
  "command",
  ...tests,
);

mkdirSync("build", { recursive: true });
run("tarball", "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", "build");
run("packages", "node", "--import", "tsx", "packaging/main.ts");
const built = readdirSync("build").filter((name) => name.includes(packageJson.version));
for (const name of built.filter((it) => it.endsWith(".deb"))) {
  run("lintian", "lintian", "--allow-root", "--fail-on", "error,warning", `build/${name}`);
}
say(`
Ready in build/, and published nowhere: ${built.join(", ")}
To publish:
  git tag v${packageJson.version}
  npm publish build/mayfly-${packageJson.version}.tgz`);
