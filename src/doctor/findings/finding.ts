import { type Code, findingCatalog, type Kind, type Severity } from "./catalog.ts";

export type { Code } from "./catalog.ts";

/** A mistake in a server's set-up, and its fix. */
export interface Finding {
  /** Stable, for programs. */
  code: Code;
  severity: Severity;
  /** What doctor observed. */
  what: string;
  /** The file and line, for a mistake in a file. */
  where?: string;
  /** Why it matters. */
  why: string;
  /** The setting or command that fixes it. */
  fix: string;
}

/** Texts that replace those of the catalog. */
export type FindingOverrides = Partial<Pick<Finding, "severity" | "why" | "fix" | "where">>;

/** Creates a finding with the catalog's texts. */
export function finding(
  code: Code,
  what: string,
  kind: Kind | undefined,
  overrides: FindingOverrides = {},
): Finding {
  const { severity, why, fix } = findingCatalog[code];
  return { code, severity, what, why, fix: formatText(fix, kind), ...overrides };
}

function formatText(fix: string | Record<Kind, string>, kind: Kind | undefined): string {
  if (typeof fix === "string") return fix;
  return kind ? fix[kind] : `ejabberd: ${fix.ejabberd}; Prosody: ${fix.prosody}`;
}

/** What a check saw: it becomes a finding once the server's software is known. */
export interface Observation {
  code: Code;
  what: string;
  overrides?: FindingOverrides | undefined;
}

/** Creates an observation. */
export function observe(code: Code, what: string, overrides?: FindingOverrides): Observation {
  return { code, what, overrides };
}

/** Thrown by a check to skip the remaining ones; caught by {@link runDoctor}. */
export class AbortChecks extends Error {
  override name = "AbortChecks";
  readonly code: Code;

  constructor(code: Code, what: string) {
    super(what);
    this.code = code;
  }
}

/** A secret that every user of the machine can read. */
export interface OpenSecret {
  /** The id of its key. */
  id: string;
  /** The file that holds it. */
  path: string;
}

/** Reports secrets that every user of the machine can read. */
export function secretsReadable(secrets: readonly OpenSecret[]): Finding[] {
  return secrets.map(({ id, path }) => {
    const what = `every user of this machine can read the secret of key ${id}`;
    return finding("secrets-readable", what, undefined, { where: path, fix: `chmod o= ${path}` });
  });
}

/** Reports a configuration, or its folder, that every user of the machine may write. */
export function configWritable(path: string | undefined): Finding[] {
  if (path === undefined) return [];
  const fix = `chmod o-w ${path}`;
  const what = "every user of this machine may change it";
  return [finding("config-writable", what, undefined, { where: path, fix })];
}
