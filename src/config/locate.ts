import { existsSync } from "node:fs";
import { assertTrustedOwner } from "./owner.ts";

/** Default paths of `mayfly.yml`, in order. */
export const defaultPaths = ["mayfly.yml", "/etc/mayfly/mayfly.yml"];

/**
 * Finds `mayfly.yml`: the given file, else `$MAYFLY_CONFIG`, else the first default path that exists. An
 * empty variable counts as unset, because systemd units and compose files cannot unset one.
 *
 * @throws MayflyError `ERR_CONFIG` as root, for a file found by default that another user owns
 */
export function findConfig(file: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const named = file ?? (env.MAYFLY_CONFIG || undefined);
  if (named !== undefined) return named;
  const found = defaultPaths.find((place) => existsSync(place));
  if (found !== undefined) assertTrustedOwner(found, env);
  return found;
}
