import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { pages } from "../support/docs/pages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** What a page is about without what it quotes. */
const proseOf = (page: string) => read(page).replaceAll(/^( *)```.*?^\1```$/gms, "");

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(page).matchAll(/^#+ +(.*)$/gm)].map(([, heading = ""]) => {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
    const anchor = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** The links of a page that lead to a file of the repository, from its root, and to an anchor there. */
function linksOf(page: string): { file: string; anchor: string | undefined }[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor] = target.split("#");
      return { file: path === "" ? page : join(dirname(page), path), anchor };
    });
}

test.each(pages)("the links of %s lead somewhere", (page) => {
  const broken = linksOf(page).filter(({ file, anchor }) => {
    if (relative(root, join(root, file)).startsWith("..") || !existsSync(join(root, file)))
      return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("each page is reached from the first", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    for (const { file } of linksOf(page)) if (pages.includes(file)) reached.add(file);
  }
  expect([...reached].sort()).toEqual([...pages].sort());
});
