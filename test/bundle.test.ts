import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";

const root = new URL("..", import.meta.url).pathname;
// Of `@xmpp/client` 0.14: a browser has none, and esbuild says so.
const alias = { "node:dns": `${root}examples/web/page/no-dns.ts` };

/** A script as a browser would get it, and its size, zipped. */
async function bundle(contents: string): Promise<{ size: number; inputs: Metafile["inputs"] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
    alias,
    logLevel: "error",
  });
  const [{ contents: code = new Uint8Array() } = {}] = outputFiles;
  return { size: gzipSync(code, { level: 9 }).length, inputs: metafile.inputs };
}

/** What these of `mayfly/client` add to a bundle that has `@xmpp/client`. */
async function added(...names: string[]): Promise<number> {
  const without = `import { client } from "@xmpp/client"; console.log(client);`;
  const list = names.join(", ");
  const use = `import { ${list} } from "mayfly/client"; console.log(${list});`;
  return (await bundle(without + use)).size - (await bundle(without)).size;
}

test("a login adds at most 1.5 KB to @xmpp/client, and everything there is 2 KB", async () => {
  expect(await added("plainLogin")).toBeLessThanOrEqual(1536);
  const names = Object.keys(await import("mayfly/client"));
  expect(await added(...names)).toBeLessThanOrEqual(2048);
});

test("what is not used is left out", async () => {
  const all = await bundle(`export * from "mayfly/client";`);
  const mechanism = await bundle(`export { XOAuth2 } from "mayfly/client";`);
  expect(mechanism.size).toBeLessThan(all.size / 4);
  const nothing = await bundle(`import "mayfly/client";`);
  expect(nothing.size).toBeLessThan(50);
});

test("nothing but our own files is in it, and nothing of Node", async () => {
  const { inputs } = await bundle(`export * from "mayfly/client";`);
  const files = Object.keys(inputs).filter((path) => path !== "<stdin>");
  expect(files).not.toEqual([]);
  for (const file of files) expect(file).toMatch(/^dist\/(client|sasl|error)\b/);
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  expect(imports.filter(({ external, path }) => external || /^node:/.test(path))).toEqual([]);
});
