import type { Kind } from "../findings/catalog.ts";
import { type Code, type Finding, type FindingOverrides, finding } from "../findings/finding.ts";

/** What a rule found, and what it says otherwise than the catalog does. */
export interface RuleMatch extends Omit<FindingOverrides, "where"> {
  what: string;
  /** The file and line; the file alone when absent. */
  where?: string | undefined;
}

/** One check of a configuration, or of a part of it. */
export interface Rule<Subject> {
  code: Code;
  /** Whether the rule concerns the subject; it concerns every subject when absent. */
  applies?(subject: Subject): boolean;
  find(subject: Subject): RuleMatch | readonly RuleMatch[] | undefined;
}

/** A setting with the place that it was read from, as `FILE:LINE`. */
export interface Setting<Value = unknown> {
  value: Value;
  where: string;
}

/** The findings of rules, in the order of the rules. */
export function applyRules<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  { kind, path }: { kind: Kind; path: string },
): Finding[] {
  return rules
    .filter((rule) => rule.applies?.(subject) ?? true)
    .flatMap((rule) =>
      [rule.find(subject) ?? []]
        .flat()
        .map(({ what, where = path, ...overrides }) =>
          finding(rule.code, what, kind, { ...overrides, where }),
        ),
    );
}
