import { describe, expect, test } from "vitest";
import { mayfly } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";

const commands = openPage("docs/cli.md").take("commands");

describe("the command", () => {
  const lines = commands.trimEnd().split("\n");
  const help = (...args: string[]) => mayfly([...args, "--help"]).stdout;

  test("is all there", () => {
    const known = [...help().matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    const listed = lines.map((line) => line.split(" ")[1]);
    const ours = known.slice(known.indexOf("init")).filter((name) => name !== "help");
    expect([...new Set(listed)].sort()).toEqual(ours.sort());
  });

  test.each(lines)("has what is said: %s", (line) => {
    const [synopsis = ""] = line.split(/ +#/);
    const [, name = "", words = ""] = synopsis.split(" ");
    const said = help(name);
    const [own = ""] = synopsis.split(" -- ");
    for (const [option] of own.matchAll(/--\w+/g)) expect(said).toContain(option);
    for (const choice of words.includes("|") ? words.split("|") : [])
      expect(said).toContain(choice);
  });
});
