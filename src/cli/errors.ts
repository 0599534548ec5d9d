import type { CommanderError } from "commander";

/** Formats commander's error. A misplaced value may be a secret: only short plain words are quoted. */
export function describeError({ message }: CommanderError): string {
  return message
    .replace(/^error: /, "")
    .replace(
      /^unknown option '((?:--[\w-]{1,24}(?=[='])|-\w))?.*?'(?=$|\n\()/s,
      "unknown option '$1'",
    )
    .replace(/^unknown command '.*?'(?=$|\n\()/s, wordOnly)
    .replace(/(?<=argument|value) '.*'(?= is invalid)/s, wordOnly)
    .replaceAll("\n", " ")
    .replace(/ ''|\.$/g, "");
}

function wordOnly(quoted: string): string {
  return quoted.replace(/'(.*)'/s, (all, value) => (/^[\w.:/@ -]{1,24}$/.test(value) ? all : "''"));
}
