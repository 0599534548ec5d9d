import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { client } from "@xmpp/client";
import { build } from "esbuild";

/**
 * A build of `@xmpp/client` that encodes text as UTF-8 by itself, where 0.14 takes one code unit for one
 * byte. Nothing else in it is changed.
 *
 * @param folder - to write it to
 */
export async function utf8Client(folder: string): Promise<typeof client> {
  const base64 = join(folder, "base64.js");
  writeFileSync(
    base64,
    `export const encode = (text) => Buffer.from(text).toString("base64");
     export const decode = (text) => Buffer.from(text, "base64").toString();`,
  );
  const outfile = join(folder, "client.mjs");
  const require = createRequire(import.meta.url);
  await build({
    entryPoints: [require.resolve("@xmpp/client")],
    ...{ bundle: true, platform: "node", format: "esm", logLevel: "error", outfile },
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(import.meta.url)});`,
    },
    alias: { "@xmpp/base64": base64 },
  });
  return (await import(pathToFileURL(outfile).href)).client;
}
