import { expect, test } from "vitest";
import { writeBase64 } from "../../src/credential/mac/base64.ts";

test("base64 of any length is what Node writes", () => {
  for (let length = 0; length <= 256; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 37 + length) & 0xff));
    const expected = bytes.toString("base64");
    const written = Buffer.alloc(expected.length);
    writeBase64(bytes, written);
    expect(written.toString("latin1")).toBe(expected);
  }
});
