import type { Code, Finding } from "./finding.ts";

/** What follows from an error, and need not be told beside it. */
const follows: Partial<Record<Code, readonly Code[]>> = {
  program: ["secret-mismatch", "no-answer", "no-plain"],
  module: ["no-plain", "unreachable", "secret-mismatch"],
  host: ["unreachable", "secret-mismatch"],
  "auth-method": ["no-plain", "secret-mismatch", "unreachable"],
  "tampered-accepted": ["expired-accepted", "identity", "auth-cache", "clock"],
  "expired-accepted": ["clock", "auth-cache"],
};

/**
 * Leaves out what follows from something worse, and what was found twice: where a file says it too,
 * that names the line. Errors come first.
 */
export function settle(findings: readonly Finding[]): Finding[] {
  const explained = new Set(
    findings
      .filter(({ severity }) => severity === "error")
      .flatMap(({ code }) => follows[code] ?? []),
  );
  const written = new Set(findings.flatMap(({ code, where }) => (where ? code : [])));
  const kept = findings.filter(
    ({ code, where }) => !explained.has(code) && (where !== undefined || !written.has(code)),
  );
  return kept.sort((a, b) => rank(a) - rank(b));
}

function rank({ severity }: Finding): number {
  return severity === "error" ? 0 : 1;
}
