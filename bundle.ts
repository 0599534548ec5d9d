// Makes dist/mayfly-extauth.mjs: `mayfly extauth` without a store, in one file that needs only Node.
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const outfile = "dist/mayfly-extauth.mjs";
const { version, license } = JSON.parse(readFileSync("package.json", "utf8"));

/** What the stores stand on cannot be put in a file. */
const withoutStores: Plugin = {
  name: "without stores",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\/store\/open\.js$/ }, ({ resolveDir, kind }) =>
      resolve("./no-store.js", { resolveDir, kind }),
    );
  },
};

const { metafile } = await build({
  entryPoints: ["dist/cli/single.js"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  metafile: true,
  // It is read anew by each program that a server starts. Names stay, for the log of a defect.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none", // they are at its end
  alias: { yaml: "./node_modules/yaml/browser/index.js" }, // of its two builds the one that can be cut
  plugins: [withoutStores],
  banner: {
    js: `// Mayfly ${version}: mayfly extauth in one file. ${license} licensed; what is in it is at its end.
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`,
  },
});

const inputs = Object.keys(metafile.inputs);
const packages = new Set(
  inputs.flatMap((path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);
for (const folder of packages) appendFileSync(outfile, notice(folder));

/** The licence of what is in the file, which has to go with it. */
function notice(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  return `\n${name} ${version}\n\n${text}\n`.replace(/^/gm, "// ");
}
