import { ensureInstalled, isRoot, remedy, serversFor } from "../machine/debian.ts";
import { prepareEjabberd } from "./prepare-ejabberd.ts";

/** Installs the servers that the end-to-end tests need. In CI nothing may be missing. */
export default async function setup(): Promise<void> {
  await install("others");
  await prepareEjabberd().catch((error: unknown) => {
    process.stderr.write(`each ejabberd takes longer to start: ${error}\n`);
  });
}

/** Installs what the tests of a run need. */
export async function install(run: "machines" | "others"): Promise<void> {
  if (process.env.CI && !isRoot) throw new Error("some tests need root, and CI skips none");
  const missing = await ensureInstalled(serversFor(run), (line) =>
    process.stderr.write(`${line}\n`),
  );
  if (missing.length > 0 && process.env.CI) {
    throw new Error(`${missing.join(", ")} missing, in CI:\n${remedy(...missing)}`);
  }
}
