import type { Finding } from "../doctor/index.ts";

/** Prints findings for people, the worst first, or that there are none. */
export function print(findings: readonly Finding[], allIsWell: string): void {
  const paragraphs = findings.map(paragraph);
  const last = findings.length === 0 ? `ok: ${allIsWell}` : sum(findings);
  process.stdout.write(`${[...paragraphs, last].join("\n\n")}\n`);
}

function paragraph({ severity, code, what, where, why, fix }: Finding): string {
  const place = where === undefined ? "" : ` (${where})`;
  return [
    `${severity}: ${code}${place}`,
    `  what  ${what}`,
    `  why   ${why}`,
    `  fix   ${fix}`,
  ].join("\n");
}

function sum(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return `${count(errors, "error")}, ${count(findings.length - errors, "warning")}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
