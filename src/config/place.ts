import { existsSync } from "node:fs";

/** Where a `mayfly.yml` is looked for, unless one is named. */
export const usualPlaces = ["mayfly.yml", "/etc/mayfly/mayfly.yml"];

/** The file named, else the one that `$MAYFLY_CONFIG` names, else the first that is there. */
export function findConfig(file: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return file ?? env.MAYFLY_CONFIG ?? usualPlaces.find((place) => existsSync(place));
}
