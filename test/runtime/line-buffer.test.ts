import { describe, expect, test } from "vitest";
import { LineBuffer } from "../../src/runtime/line-buffer.ts";
import { putMembers } from "../../src/runtime/log-line.ts";

/** All that a buffer holds, and leaves it empty. */
function drained(buffer: LineBuffer): string {
  const text = buffer.bytes.toString("utf8", 0, buffer.length);
  buffer.drop(buffer.length);
  return text;
}

/** A line as it is told to a buffer, and what the buffer holds then. */
function spell(tell: (line: LineBuffer) => void): string {
  const buffer = new LineBuffer(100);
  buffer.start();
  tell(buffer);
  buffer.end();
  return drained(buffer);
}

/** An object with one member, as it is read from a line. */
function readBack(value: unknown): unknown {
  return JSON.parse(`{${spell((line) => putMembers(line, { value })).slice(1)}}`);
}

describe("lines that wait", () => {
  test.each([
    [0, "0"],
    [7, "7"],
    [10, "10"],
    [999, "999"],
    [1000, "1000"],
    [1_795_995_853_608, "1795995853608"],
    [0.001, "0.001"],
    [0.125, "0.125"],
    [12.5, "12.500"],
    [1.0004, "1"],
    [1.9996, "2"],
    [9.9999, "10"],
  ])("spell %d as %s", (value, spelled) => {
    expect(spell((line) => line.number(value))).toBe(`${spelled}\n`);
  });

  test.each([0.0001, -1, 2 ** 60, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 0.1 + 0.2])(
    "give %d back as JSON does",
    (value) => {
      expect(readBack(value)).toEqual(JSON.parse(JSON.stringify({ value })));
    },
  );

  test.each(['"', "\\", 'a"b', "a\\", "\n", "\u007f", "\u2028", "é", "", "plain"])(
    "spell %j so that it is read as it was",
    (value) => {
      expect(readBack(value)).toEqual({ value });
    },
  );

  test("are whole where another could not be told", () => {
    const buffer = new LineBuffer(1000);
    const untold = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    buffer.start();
    expect(() => putMembers(buffer, { a: 1, untold })).toThrow("no");
    buffer.start();
    putMembers(buffer, { b: true, text: "ünïcode" });
    buffer.end();
    expect(drained(buffer)).toBe(',"b":true,"text":"ünïcode"\n');
  });

  test("are dropped where there is no room, whichever part lacks it", () => {
    for (let room = 1; room < 60; room++) {
      const buffer = new LineBuffer(room);
      for (const text of ["first", "second"]) {
        buffer.start();
        buffer.text(text);
        buffer.number(1234.5);
        buffer.end();
      }
      expect(["", "first1234.500\n", "first1234.500\nsecond1234.500\n"]).toContain(drained(buffer));
    }
  });

  test("that were not written stay", () => {
    const buffer = new LineBuffer(100);
    for (const text of ["first", "second"]) {
      buffer.start();
      buffer.text(text);
      buffer.end();
    }
    buffer.drop(3);
    expect(buffer.length).toBe(10);
    buffer.start();
    buffer.text("third");
    buffer.end();
    expect(drained(buffer)).toBe("st\nsecond\nthird\n");
  });
});
