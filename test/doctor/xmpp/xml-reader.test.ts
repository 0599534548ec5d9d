import { expect, test } from "vitest";
import { readDocument } from "../../../src/doctor/xmpp/xml-reader.ts";

const declaration = "<?xml version='1.0'?>";
const stream = "<stream:stream xmlns='jabber:client' id='1'>";

/** What is read of a document that comes in chunks. */
function read(...chunks: string[]) {
  const events: string[] = [];
  const write = readDocument(
    (element) => events.push(String(element)),
    () => events.push("end"),
  );
  for (const chunk of chunks) write(chunk);
  return events;
}

const message = '<message to="a"><body>one &amp; two</body><x/></message>';

test("the elements below the root are emitted, whole, each once it is complete", () => {
  expect(read(stream)).toEqual([]);
  expect(read(stream, message.slice(0, -1))).toEqual([]);
  expect(read(stream, message)).toEqual([message]);
});

test("chunks may end anywhere", () => {
  const document = `${stream} <a/>\n${message}<b><c><d/></c></b></stream:stream>`;
  const expected = ["<a/>", message, "<b><c><d/></c></b>", "end"];
  expect(read(declaration + document)).toEqual(expected);
  expect(read(declaration, ...document)).toEqual(expected);
});

test("the end of the root is the end", () => {
  expect(read(stream, "</stream:stream>")).toEqual(["end"]);
});

test("text between elements belongs to none", () => {
  expect(read(stream, " keep alive <a/> x <b>y</b>")).toEqual(["<a/>", "<b>y</b>"]);
});
