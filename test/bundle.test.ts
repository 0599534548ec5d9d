import { readFileSync } from "node:fs";
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

test("a login adds to @xmpp/client what docs/client.md says", async () => {
  const page = readFileSync(`${root}docs/client.md`, "utf8");
  const sizes =
    /`mayfly` adds ([\d.]+) KB .*, with everything there ([\d.]+) KB\. `plainLogin`.* ([\d.]+) KB\./s;
  const [, login, all, plain] = (sizes.exec(page) ?? []).map((it) => Number(it) * 1024);
  expect(await added("plainLogin")).toBeLessThanOrEqual(plain ?? 0);
  expect(await added("mayfly")).toBeLessThanOrEqual(login ?? 0);
  const names = Object.keys(await import("mayfly/client"));
  expect(await added(...names)).toBeLessThanOrEqual(all ?? 0);
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

/** What the command loads at once: its own files, and what else they import. */
async function loaded(): Promise<{ own: string[]; others: string[] }> {
  const { metafile } = await build({
    entryPoints: [`${root}dist/cli/main.js`],
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
    write: false,
    metafile: true,
  });
  const own = new Set(["dist/cli/main.js"]);
  const others = new Set<string>();
  for (const file of own) {
    for (const { kind, path, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== "dynamic-import") (external ? others : own).add(path);
    }
  }
  return { own: [...own], others: [...others] };
}

test("the command starts with two files of its own, and no package's", async () => {
  const { own, others } = await loaded();
  expect(own).toEqual(["dist/cli/main.js", expect.stringMatching(/^dist\/cli\/chunk-/)]);
  expect(others).toContain("node:crypto");
  expect(others.filter((name) => !name.startsWith("node:"))).toEqual([]);
});

test("what is put in the command has its licence there", async () => {
  const [, shared] = (await loaded()).own;
  const text = readFileSync(`${root}${shared}`, "utf8");
  for (const name of ["commander", "valibot", "yaml"]) {
    expect(text).toMatch(RegExp(`^// ${name} \\d.*\n(//.*\n){1,6}// .*copyright`, "im"));
  }
});

test("the single file has what it always needs at its top level, where Node reads it once", () => {
  const text = readFileSync(`${root}dist/mayfly-extauth.mjs`, "utf8");
  const wrapped = [...text.matchAll(/__esm\(\{"([^"]+)/g)].map(([, path = ""]) => path);
  expect(wrapped).toContain("dist/cli/extauth-options.js");
  expect(
    wrapped.filter((path) => /config|credential|dist.extauth|valibot|yaml/.test(path)),
  ).toEqual([]);
});
