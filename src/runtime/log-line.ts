import type { RequestOutcome } from "../extauth/index.ts";
import { printable } from "./printable.ts";

/** Formats the members of an object as JSON, each after a comma. */
export function members(fields: object): string {
  if (fields instanceof Error) return members({ err: fields });
  let text = "";
  for (const name in fields) {
    const value = fields[name as keyof typeof fields] as unknown;
    if (value !== undefined) text += `,"${name}":${toJson(value)}`;
  }
  return text;
}

/** The same members of an answered request, without a look at the object's shape: most lines are these. */
export function outcomeMembers(outcome: RequestOutcome): string {
  const { op, ok, reason, user, host, key, format, ms } = outcome;
  const who = `${member("user", user)}${member("host", host)}`;
  const why = `${member("reason", reason)}${member("key", key)}${member("format", format)}`;
  return `,"op":"${op}"${who},"ok":${ok}${why},"ms":${ms},"msg":"${ok ? "accepted" : "refused"}"`;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${toJson(value)}`;
}

const plain = /^[ !#-[\]-~]*$/;

/** Formats a value as JSON, with a fast path for values without escapes. */
export function toJson(value: unknown): string {
  if (typeof value === "string" && plain.test(value)) return `"${value}"`;
  if (typeof value === "boolean" || Number.isFinite(value)) return `${value}`;
  return printable(JSON.stringify(value instanceof Error ? errorFields(value) : value) ?? "null");
}

/** The fields of an error to log, with those of its cause. */
function errorFields(error: NodeJS.ErrnoException): object {
  const { name: type, message, stack, code, cause } = error;
  return {
    type,
    message,
    stack,
    code,
    ...(cause instanceof Error && { cause: errorFields(cause) }),
  };
}
