import { readFileSync } from "node:fs";

/** A fenced block of a page: ` ```sh test=retire ` is run by the page's test, ` ```text shown=why ` is not. */
export interface Block {
  language: string;
  /** The name by which the page's test takes the block. */
  test?: string | undefined;
  /** Why the block is not run, in a word. */
  shown?: string | undefined;
  text: string;
  /** The line in the page where the block begins, for messages. */
  line: number;
}

/** A page of the documentation, whose blocks are taken by their names to be run. */
export interface Page {
  /** Takes the one block with this name. @throws Error when there is none, or more than one. */
  take(name: string): string;
  /** Takes every block with this name, in their order. */
  takeAll(name: string): string[];
  blocks: readonly Block[];
}

/** Opens a page by its path in the repository. */
export function openPage(path: string): Page {
  const blocks = blocksOf(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8"));
  const takeAll = (name: string) =>
    blocks.filter(({ test }) => test === name).map(({ text }) => text);
  return { take, takeAll, blocks };

  function take(name: string): string {
    const [text, ...more] = takeAll(name);
    if (text === undefined || more.length > 0) {
      throw new Error(`${path}: ${more.length + (text === undefined ? 0 : 1)} blocks test=${name}`);
    }
    return text;
  }
}

/** The fenced blocks of a text, also those in lists, without their indentation. */
function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^( *)```([^\n`]*)\n(.*?)^\1```$/gms)].map((match) => {
    const [, indent = "", info = "", inside = ""] = match;
    return {
      language: /^\w*/.exec(info)?.[0] ?? "",
      test: / test=([\w.-]+)$/.exec(info)?.[1],
      shown: / shown=([\w-]+)$/.exec(info)?.[1],
      text: inside.replaceAll(RegExp(`^${indent}`, "gm"), ""),
      line: text.slice(0, match.index).split("\n").length,
    };
  });
}
