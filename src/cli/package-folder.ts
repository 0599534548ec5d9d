import { fileURLToPath } from "node:url";

/** The folder of the package, seen from `src/cli` and from `dist/cli`, where this is bundled to. */
export const packageFolder: string = fileURLToPath(new URL("../../", import.meta.url));
