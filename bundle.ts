// Makes of what tsc has written the programs that are started often: the command, and dist/mayfly-extauth.mjs,
// which is `mayfly extauth` without a store, in one file that needs only Node.
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, type PluginBuild } from "esbuild";

const { version, license, dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** What `require()` in a package is there for: the modules of Node. */
const withRequire = `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url);`;

const options = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  metafile: true,
  // It is read anew at each start. Names stay, and lines that can be told apart, for the log of a defect.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: "none", // they are at the end of each file
  alias: { yaml: "./node_modules/yaml/browser/index.js" }, // of its two builds the one that can be cut
} satisfies BuildOptions;

/** What each start of a command, or of `mayfly serve`, would load. The rest is loaded when it is needed, and stays with npm. */
const inlined = ["@hono/node-server", "commander", "hono", "prom-client", "valibot", "yaml"];
const external = Object.keys(dependencies).filter((name) => !inlined.includes(name));

const folder = "dist/cli.bundled";
await bundleCommand();
const single = await bundleExtauth();
rmSync("dist/cli", { recursive: true });
renameSync(folder, "dist/cli");
addLicences(single); // the last that is written, and so the sign of a whole build

/**
 * Replaces `dist/cli`: a command that loads hundreds of files is slow to start. One file has what the commands
 * share, so that they load it and `main.js`; further ones have what is imported on demand.
 */
async function bundleCommand(): Promise<void> {
  const command = {
    ...options,
    entryPoints: ["dist/cli/main.js"],
    entryNames: "[name]",
    outdir: folder,
    splitting: true,
    external,
    banner: { js: withRequire },
    logOverride: { "ignored-bare-import": "silent" }, // of onTop, where it is meant
  } satisfies BuildOptions;
  const { metafile: first } = await build({ ...command, write: false });
  const { metafile } = await build({
    ...command,
    plugins: [onTop("dist/cli/commands/index.js", first)],
  });
  // LMDB has a process of its own, which is a file beside the one that starts it.
  const process = await build({
    ...options,
    entryPoints: ["dist/store/lmdb-process.js"],
    outdir: folder,
    external,
  });
  addLicences(metafile);
  addLicences(process.metafile);
}

async function bundleExtauth(): Promise<Metafile> {
  const { metafile } = await build({
    ...options,
    entryPoints: ["dist/cli/standalone.js"],
    outfile: "dist/mayfly-extauth.mjs",
    plugins: [{ name: "without stores", setup: withoutStores }],
    banner: {
      js: `// Mayfly ${version}: mayfly extauth in one file. ${license} licensed; what is in it is at its end.
${withRequire}`,
    },
  });
  return metafile;
}

/**
 * Has what is imported on demand import the shared file first. All that is behind it is then needed wherever any of
 * it is, and esbuild, which makes a file for each set of modules that are needed together, makes one of it.
 */
function onTop(shared: string, { outputs }: Metafile): Plugin {
  const path = realpathSync(shared);
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const onDemand = new Set(
    entries.filter((it) => it.startsWith("dist/")).map((it) => realpathSync(it)),
  );
  return {
    name: "shared file",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^mayfly:shared$/ }, () => ({ path, sideEffects: false }));
      onLoad({ filter: /\/dist\/.*\.js$/ }, async ({ path }) => {
        if (!onDemand.has(path)) return undefined;
        return { contents: `${await readFile(path, "utf8")}\nimport "mayfly:shared";` };
      });
    },
  };
}

/** What the stores stand on cannot be put in a file. */
function withoutStores({ onResolve, resolve }: PluginBuild): void {
  onResolve({ filter: /\/store\/open\.js$/ }, ({ resolveDir, kind }) =>
    resolve("./no-store.js", { resolveDir, kind }),
  );
}

/** Appends to each file the licences of what is in it, which have to go with it. */
function addLicences({ outputs }: Metafile): void {
  for (const [file, { inputs }] of Object.entries(outputs)) {
    const folders = Object.keys(inputs).flatMap(
      (path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
    );
    for (const folder of new Set(folders)) appendFileSync(file, notice(folder));
  }
}

function notice(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  const text = readFileSync(join(folder, file), "utf8").trim();
  return `\n${name} ${version}\n\n${text}\n`.replace(/^/gm, "// ");
}
