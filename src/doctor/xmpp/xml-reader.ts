import { createElement, type Element, Parser } from "ltx";

/** The events of the SAX parser inside ltx. */
interface Events {
  write(text: string): void;
  on(event: "startElement", listener: (name: string, attrs: Record<string, string>) => void): void;
  on(event: "endElement", listener: (name: string) => void): void;
  on(event: "text", listener: (text: string) => void): void;
}

/** Parses the XML document of a stream over TCP, chunk by chunk; emits each top-level element. */
export function readDocument(
  onElement: (element: Element) => void,
  onEnd: () => void,
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
    if (depth === 0) onEnd();
    if (!current) return;
    const { parent } = current;
    if (!parent) onElement(current);
    current = parent ?? undefined;
  });
  return (text) => parser.write(text);
}
