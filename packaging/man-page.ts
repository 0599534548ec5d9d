/** A manual page's text, so that troff takes none of it for its own. */
export function escapeText(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
}

/** The first line of a page; `date` stays empty, so that a page changes with its text only. */
export function header(name: string, section: number): string {
  return `.TH ${name} ${section} "" "Mayfly" "Mayfly"`;
}

/** A part of a command's help: `Options:`, with its entries. */
interface Section {
  title: string;
  entries: [term: string, text: string][];
}

/** A command's help, in parts. */
interface Help {
  usage: string;
  description: string;
  sections: Section[];
  /** What follows the lists, as it stands. */
  rest: string;
}

/**
 * mayfly(1), made from what the command says of itself.
 *
 * @param mayfly - runs the command: what it prints
 */
export function commandPage(mayfly: (...words: string[]) => string): string {
  const top = parseHelp(mayfly("--help"));
  const lines = [
    header("MAYFLY", 1),
    ".SH NAME",
    `mayfly \\- ${escapeText(lowerFirst(top.description))}`,
    ".SH SYNOPSIS",
    ".B mayfly",
    "[\\-\\-config FILE] COMMAND ...",
    ".SH OPTIONS",
    ...entriesOf(top, "Options"),
    ".SH COMMANDS",
    ...commandsOf(top).flatMap((name) => commandLines(name, mayfly)),
    ".SH NOTES",
    ...paragraphs(top.rest),
    ".SH SEE ALSO",
    ".BR mayfly.yml (5),",
    "/usr/share/doc/mayfly/README.md",
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(name: string, mayfly: (...words: string[]) => string): string[] {
  const help = parseHelp(mayfly(...name.split(" "), "--help"));
  const below = commandsOf(help).flatMap((word) => commandLines(`${name} ${word}`, mayfly));
  if (below.length > 0) return below;
  return [
    `.SS "${escapeText(help.usage)}"`,
    escapeText(help.description),
    ...entriesOf(help, "Arguments"),
    ...entriesOf(help, "Options", (term) => term !== "-h, --help"),
    ".PP",
    ...paragraphs(help.rest),
  ];
}

/** The commands that a help lists, but `help` itself. */
function commandsOf({ sections }: Help): string[] {
  const listed = sections.find(({ title }) => title === "Commands")?.entries ?? [];
  return listed.flatMap(([term]) => term.split(" ")[0] ?? []).filter((name) => name !== "help");
}

function entriesOf({ sections }: Help, wanted: string, keep = (_term: string) => true): string[] {
  const { entries } = sections.find(({ title }) => title === wanted) ?? { entries: [] };
  return entries
    .filter(([term]) => keep(term))
    .flatMap(([term, text]) => [".TP", `.B ${escapeText(term)}`, escapeText(text)]);
}

/** Cuts a help as commander writes it. */
export function parseHelp(help: string): Help {
  const [usage = "", description = "", ...blocks] = help.trim().split(/\n\n+/);
  const sections: Section[] = [];
  const rest: string[] = [];
  for (const block of blocks) {
    const [title = "", ...lines] = block.replace(/\n {3,}/g, " ").split("\n"); // broken for a terminal
    const isList = /^[A-Z][\w ]+:$/.test(title) && lines.every((line) => line.startsWith("  "));
    if (!isList) rest.push(block);
    else sections.push({ title: title.slice(0, -1), entries: lines.map(entry) });
  }
  return {
    usage: usage.replace(/^Usage: /, ""),
    description: description.replaceAll("\n", " "),
    sections,
    rest: rest.join("\n\n"),
  };
}

function entry(line: string): [string, string] {
  const [, term, text] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
  if (term === undefined || text === undefined) throw new Error(`not an entry of a help: ${line}`);
  return [term, text];
}

/** Text as it stands: lists of shells, examples. */
function paragraphs(text: string): string[] {
  return text === "" ? [] : [".nf", escapeText(text).replaceAll("\n\n", "\n.sp\n"), ".fi"];
}

function lowerFirst(text: string): string {
  return (text.charAt(0).toLowerCase() + text.slice(1)).replace(/\.$/, "");
}
