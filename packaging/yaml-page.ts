import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schema } from "../src/config/schema/index.ts";
import { escapeText, header } from "./man-page.ts";

/** A part of valibot's schema, as far as it is read here. */
interface Part {
  type: string;
  entries?: Record<string, Part>;
  wrapped?: Part;
  item?: Part;
  value?: Part;
  pipe?: Part[];
  options?: unknown[];
}

/** mayfly.yml(5): each option of the schema, with what docs/configuration.md says of it. */
export function configurationPage(checkout: string): string {
  const text = readFileSync(join(checkout, "docs/configuration.md"), "utf8");
  const told = tablesOf(text);
  const lines = [
    header("MAYFLY.YML", 5),
    ".SH NAME",
    "mayfly.yml \\- configuration of mayfly",
    ".SH SYNOPSIS",
    "/etc/mayfly/mayfly.yml",
    ".SH DESCRIPTION",
    "A file in YAML. Without \\-\\-config FILE and $MAYFLY_CONFIG, mayfly reads ./mayfly.yml, or else",
    "/etc/mayfly/mayfly.yml. An unknown option is a mistake, which",
    ".B mayfly check",
    "finds. Secrets are written as file:PATH, as env:NAME, or literally; durations as 90s, 10m, 24h or 7d.",
    ".SH OPTIONS",
    ...optionsOf(schema as unknown as Part).flatMap(({ name, type }) => {
      const row = told.get(name);
      if (row === undefined) return [".TP", `.B ${escapeText(name)}:`, escapeText(type)];
      const start = row.default === "required" ? "required" : `default: ${row.default}`;
      const what = [row.text, type, start].filter((it) => it !== "").join("; ");
      return [".TP", `.B ${escapeText(name)}`, escapeText(what)];
    }),
    ".SH EXAMPLE",
    ".nf",
    escapeText(/```yaml test=sample\n(.*?)```/s.exec(text)?.[1]?.trimEnd() ?? ""),
    ".fi",
    ".SH SEE ALSO",
    ".BR mayfly (1),",
    "/usr/share/doc/mayfly/docs/configuration.md",
  ];
  return `${lines.join("\n")}\n`;
}

/** The options, outer ones first: `hosts.ttl`. */
function optionsOf(part: Part, name = ""): { name: string; type: string }[] {
  const { wrapped, item, value, pipe, entries = {} } = part;
  const inner = pipe?.[0] ?? wrapped ?? item ?? (part.type === "record" ? value : undefined);
  if (inner) return optionsOf(inner, name);
  return Object.entries(entries).flatMap(([key, it]) => {
    const own = name === "" ? key : `${name}.${key}`;
    return [{ name: own, type: typeOf(it) }, ...optionsOf(it, own)];
  });
}

/** What may be written there, where the schema names it. */
function typeOf(part: Part): string {
  if (part.type === "array")
    return ["a list", typeOf(part.item as Part)].filter(Boolean).join(" of ");
  if (part.type === "picklist") return (part.options ?? []).join(", ");
  if (part.type === "boolean") return "true or false";
  if (part.type === "record") return "a map";
  const inner = part.pipe?.[0] ?? part.wrapped;
  return inner ? typeOf(inner) : "";
}

/** The rows of the page's tables of options, by the option. */
function tablesOf(page: string): Map<string, { default: string; text: string }> {
  const rows = new Map<string, { default: string; text: string }>();
  let section = "";
  for (const line of page.split("\n")) {
    section = /^#+ `(.*):`$/.exec(line)?.[1] ?? section;
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((it) => plain(it.trim()));
    const [name = "", byDefault = "", text = ""] = cells;
    if (section === "" || cells.length !== 3 || !/^[a-z_]+$/.test(name)) continue;
    rows.set(name === section ? name : `${section}.${name}`, { default: byDefault, text });
  }
  return rows;
}

/** Markdown without its marks. */
function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .replaceAll("\\|", "|");
}
