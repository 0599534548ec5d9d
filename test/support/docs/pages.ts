import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What others wrote, or programs. */
const notOurs = ["node_modules", "dist", "test-artifacts"];

/** The pages of documentation, by their paths in the repository. */
export const pages: string[] = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !notOurs.includes(name) && !name.startsWith("."))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(root, entry.name), { recursive: true, encoding: "utf8" }).map((path) =>
          join(entry.name, path),
        )
      : [entry.name],
  )
  .filter((path) => path.endsWith(".md") && !path.includes("node_modules"));
