import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished, vi } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const tsc = join(root, "node_modules/.bin/tsc");
const run = promisify(execFile);

/** What a snippet of a page stands in. */
export interface Surroundings {
  /** The names that it takes for granted, by their types. */
  given?: Record<string, string>;
  /** Those names by their values, and others that stand in the place of the environment's. */
  values?: Record<string, unknown>;
  /** The names that it makes, which are wanted. */
  wanted?: string[];
}

/**
 * Checks the types of a page's TypeScript, against what was built, and runs it.
 *
 * @returns what was wanted of it
 * @throws Error with what the compiler says.
 */
export async function runSnippet(
  code: string,
  { given = {}, values = {}, wanted = [] }: Surroundings = {},
): Promise<Record<string, unknown>> {
  // Inside the checkout, so that it finds its packages, and Mayfly itself by its name.
  const artifacts = join(root, "test-artifacts");
  mkdirSync(artifacts, { recursive: true });
  const folder = mkdtempSync(join(artifacts, "snippet-"));
  onTestFinished(() => {
    vi.unstubAllGlobals();
    rmSync(folder, { recursive: true });
  });
  const declared = Object.entries(given).map(([name, type]) => `declare var ${name}: ${type};\n`);
  const exported = `\nexport { ${wanted.join(", ")} };\n`;
  const compilerOptions = { lib: ["es2023", "dom", "dom.iterable"], noUnusedLocals: false };
  const file = join(folder, "snippet.ts");
  writeFileSync(file, code + exported);
  writeFileSync(join(folder, "given.d.ts"), declared.join(""));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions,
      include: ["*.ts"],
      exclude: [],
    }),
  );
  await run(tsc, ["-p", folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(`${stdout}\nin:\n${code}`);
  });
  for (const [name, value] of Object.entries(values)) vi.stubGlobal(name, value);
  return import(file);
}
