import type { Code, Finding } from "./finding.ts";

/** Findings that follow from an error, and are left out beside it. */
const consequencesOf: Partial<Record<Code, readonly Code[]>> = {
  program: ["secret-mismatch", "no-answer", "no-plain"],
  module: ["no-plain", "unreachable", "secret-mismatch"],
  host: ["unreachable", "secret-mismatch"],
  "auth-method": ["no-plain", "secret-mismatch", "unreachable"],
  "tampered-accepted": ["expired-accepted", "identity", "auth-cache", "clock"],
  "expired-accepted": ["clock", "auth-cache"],
};

/**
 * Sorts findings, errors first, and drops those that follow from a worse one. What was found twice is
 * kept once, from the file, because that names the line.
 */
export function prioritize(findings: readonly Finding[]): Finding[] {
  const consequences = new Set(
    findings
      .filter(({ severity }) => severity === "error")
      .flatMap(({ code }) => consequencesOf[code] ?? []),
  );
  const inFiles = new Set(findings.flatMap(({ code, where }) => (where ? code : [])));
  const kept = findings.filter(
    ({ code, where }) => !consequences.has(code) && (where !== undefined || !inFiles.has(code)),
  );
  return kept.sort((a, b) => rank(a) - rank(b));
}

function rank({ severity }: Finding): number {
  return severity === "error" ? 0 : 1;
}
