import { type Code, remedies } from "./remedies.ts";

export type { Code } from "./remedies.ts";

/** Whether it has to be mended. */
export type Severity = "error" | "warning";

/** The server's software, which decides what its settings are called. */
export type Kind = "ejabberd" | "prosody";

/** Something that is wrong, or that will go wrong. */
export interface Finding {
  /** For programs; stays. */
  code: Code;
  severity: Severity;
  /** What was seen. */
  what: string;
  /** The file and line where it was read, if it was. */
  where?: string;
  /** Why it matters. */
  why: string;
  /** The setting that mends it. */
  fix: string;
}

/** What a finding may say in another way than its code does. */
export type Saying = Partial<Pick<Finding, "severity" | "why" | "fix" | "where">>;

/** A finding, with what its code says everywhere. */
export function finding(
  code: Code,
  what: string,
  kind: Kind | undefined,
  saying: Saying = {},
): Finding {
  const { severity, why, fix } = remedies[code];
  return { code, severity, what, why, fix: spell(fix, kind), ...saying };
}

function spell(fix: string | Record<Kind, string>, kind: Kind | undefined): string {
  if (typeof fix === "string") return fix;
  return kind ? fix[kind] : `ejabberd: ${fix.ejabberd}; Prosody: ${fix.prosody}`;
}
