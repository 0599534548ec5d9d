import type { Finding } from "../doctor/index.ts";
import { printLines } from "./output.ts";

/** Prints findings as text, in the given order, or `allIsWell` if there are none. */
export function print(findings: readonly Finding[], allIsWell: string): void {
  const last = findings.length === 0 ? `ok: ${allIsWell}` : sum(findings);
  printLines(...findings.flatMap(paragraph), last);
}

function paragraph({ severity, code, what, where, why, fix }: Finding): string[] {
  const place = where === undefined ? "" : ` (${where})`;
  return [
    `${severity}: ${code}${place}`,
    `  what  ${what}`,
    `  why   ${why}`,
    `  fix   ${fix}`,
    "",
  ];
}

function sum(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return `${count(errors, "error")}, ${count(findings.length - errors, "warning")}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
