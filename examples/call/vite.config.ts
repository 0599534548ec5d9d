import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("page"),
  base: "./",
  // One of its own: the demos may run at the same time, and need different packages.
  cacheDir: here("../../node_modules/.cache/vite-call"),
  resolve: { alias: { "node:dns": here("../web/page/no-dns.ts") } }, // of @xmpp/client, for Node alone
  server: { fs: { allow: [here("../..")] } }, // where `mayfly` is, too
  build: { target: "es2023", emptyOutDir: true },
});
