import { type Finding, finding } from "./finding.ts";

/** A secret that everybody on the machine can read. */
export interface OpenSecret {
  /** The id of its key. */
  id: string;
  /** The file that it stands in. */
  path: string;
}

/** Tells of secrets that are none. */
export function secretsReadable(secrets: readonly OpenSecret[]): Finding[] {
  return secrets.map(({ id, path }) => {
    const what = `everybody on this machine can read the secret of key ${id}`;
    return finding("secrets-readable", what, undefined, { where: path, fix: `chmod o= ${path}` });
  });
}
