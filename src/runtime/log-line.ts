import type { RequestOutcome } from "../extauth/index.ts";
import type { LineBuffer } from "./line-buffer.ts";
import { printable } from "./printable.ts";

/** Adds the members of an object to a line as JSON, each after a comma. */
export function putMembers(line: LineBuffer, fields: object): void {
  const named = fields instanceof Error ? { err: fields } : fields;
  for (const name in named) {
    const value = named[name as keyof typeof named] as unknown;
    if (value === undefined) continue;
    line.text(`,"${name}":`);
    putValue(line, value);
  }
}

/** The same of an answered request, without a look at the object's shape: most lines are these. */
export function putOutcome(line: LineBuffer, outcome: RequestOutcome): void {
  const { op, ok, reason, user, host, key, format, ms } = outcome;
  line.text(',"op":"');
  line.text(op);
  line.text('"');
  putMember(line, ',"user":', user);
  putMember(line, ',"host":', host);
  line.text(ok ? ',"ok":true' : ',"ok":false');
  putMember(line, ',"reason":', reason);
  putMember(line, ',"key":', key);
  putMember(line, ',"format":', format);
  line.text(',"ms":');
  line.number(ms);
  line.text(ok ? ',"msg":"accepted"' : ',"msg":"refused"');
}

function putMember(line: LineBuffer, name: string, value: string | undefined): void {
  if (value === undefined) return;
  line.text(name);
  putValue(line, value);
}

/** Adds a value as JSON, with a fast path for those without escapes. */
export function putValue(line: LineBuffer, value: unknown): void {
  if (typeof value === "string" && line.quoted(value)) return;
  if (typeof value === "boolean") {
    line.text(value ? "true" : "false");
  } else if (typeof value === "number" && isShort(value)) {
    line.number(value);
  } else {
    const json = JSON.stringify(value instanceof Error ? errorFields(value) : value);
    line.text(printable(json ?? "null"));
  }
}

/** Whether a number has at most three decimals and no sign. */
function isShort(value: number): boolean {
  return value >= 0 && value < 2 ** 42 && Math.round(1000 * value) / 1000 === value;
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
