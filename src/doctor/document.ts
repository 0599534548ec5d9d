import { createElement, type Element, Parser } from "ltx";

/** The events of ltx's parser beneath the one that builds trees. */
interface Events {
  write(text: string): void;
  on(event: "startElement", listener: (name: string, attrs: Record<string, string>) => void): void;
  on(event: "endElement", listener: (name: string) => void): void;
  on(event: "text", listener: (text: string) => void): void;
}

/** Reads the document that a stream over TCP is: gives its elements as they come. */
export function readDocument(
  give: (element: Element) => void,
  end: () => void,
): (text: string) => void {
  const { parser } = new Parser() as unknown as { parser: Events };
  let depth = 0;
  let current: Element | undefined;
  parser.on("startElement", (name, attrs) => {
    depth++;
    if (depth === 1) return;
    const element = createElement(name, attrs);
    current = current ? current.cnode(element) : element;
  });
  parser.on("text", (text) => void current?.t(text));
  parser.on("endElement", () => {
    depth--;
    if (depth === 0) end();
    if (!current) return;
    const { parent } = current;
    if (!parent) give(current);
    current = parent ?? undefined;
  });
  return (text) => parser.write(text);
}
