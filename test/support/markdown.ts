import { readFileSync } from "node:fs";

/** A fenced block of a page. */
export interface Block {
  language: string;
  text: string;
  /** Where it begins, for messages. */
  line: number;
}

/**
 * A page of the documentation, whose blocks are taken out one by one to be run. The page's test says
 * at its end that none is {@link left}.
 */
export interface Page {
  /** Takes out the one block of this language that has these words in it. */
  take(language: string, words: string | RegExp): string;
  /** Takes out all of this language that are left, in their order. */
  takeAll(language: string): string[];
  /** What nobody has taken. */
  left(): Block[];
}

/** Opens a page by its path in the repository. */
export function openPage(path: string): Page {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  let blocks = blocksOf(text);
  return { take, takeAll, left: () => blocks };

  function take(language: string, words: string | RegExp): string {
    const found = blocks.filter(
      (it) =>
        it.language === language &&
        (typeof words === "string" ? it.text.includes(words) : words.test(it.text)),
    );
    const [block] = found;
    if (!block || found.length > 1) {
      throw new Error(`${path}: ${found.length} blocks of ${language} have ${words}`);
    }
    blocks = blocks.filter((it) => it !== block);
    return block.text;
  }

  function takeAll(language: string): string[] {
    const taken = blocks.filter((it) => it.language === language);
    blocks = blocks.filter((it) => !taken.includes(it));
    return taken.map((it) => it.text);
  }
}

/** The fenced blocks of a text, those in lists too, without their indentation. */
function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map((match) => {
    const [, indent = "", language = "", inside = ""] = match;
    return {
      language,
      text: inside.replaceAll(RegExp(`^${indent}`, "gm"), ""),
      line: text.slice(0, match.index).split("\n").length,
    };
  });
}
