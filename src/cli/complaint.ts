import type { CommanderError } from "commander";

/** What commander complains of. What stands in a wrong place may be a secret: only words are shown. */
export function complaint({ message }: CommanderError): string {
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

/** Takes out what looks like a MAC, a secret or a JWT, wherever in a line it was repeated. */
export function withoutCredentials(line: string): string {
  return line.replace(
    /eyJ[\w-]{8,}(\.[\w-]*)*|[\w+/]{26,}={1,2}|(?<![\w+/.-])[\w+][\w+/]{63}(?![\w+/.-])/g,
    "…",
  );
}
