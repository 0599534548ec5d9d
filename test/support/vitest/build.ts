import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../../..", import.meta.url));

/** What the build reads, and the file that it writes last. */
const sources = "src bundle.ts package.json tsconfig.json tsconfig.build.json";
const last = "dist/mayfly-extauth.mjs";

/** Builds `dist` where it is missing or older than its sources: many tests run what was built. */
const script = `
[ -e ${last} ] && [ -z "$(find ${sources} -newer ${last} -print -quit)" ] && exit
echo "Building dist, which is older than its sources ..." >&2
exec npm run --silent build >&2`;

/** One run at a time: whoever has waited finds it built. */
const lock = existsSync("/usr/bin/flock") ? ["flock", "node_modules/.build-lock"] : [];

/** A set-up for every project, so that no test runs what an older source was built to. */
export default function setup(): void {
  const [command = "", ...args] = [...lock, "sh", "-c", script];
  const { status } = spawnSync(command, args, {
    cwd: checkout,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the build failed: npm run build says why");
}
