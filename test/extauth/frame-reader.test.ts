import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader } from "../../src/extauth/frame-reader.ts";
import { LineReader } from "../../src/extauth/line-reader.ts";
import { no, replyFrame, yes } from "../../src/extauth/reply.ts";
import { frame } from "../support/data/frames.ts";

/** What a reader makes of chunks. */
function read(chunks: Buffer[]): { payloads: string[]; unfinished: number } {
  const reader = new FrameReader();
  const payloads = chunks.flatMap((chunk) => [...reader.feed(chunk)].map((p) => p.toString("hex")));
  return { payloads, unfinished: reader.unfinished };
}

describe("frames", () => {
  test("are the same wherever the stream is cut", () => {
    const texts = ["auth:alice:example.org:ok:p:ä€", "", "isuser:zoe:example.org"];
    const stream = Buffer.concat(texts.map(frame));
    const payloads = texts.map((text) => Buffer.from(text).toString("hex"));
    for (let cut = 0; cut <= stream.length; cut++) {
      const chunks = [stream.subarray(0, cut), stream.subarray(cut)];
      expect(read(chunks)).toEqual({ payloads, unfinished: 0 });
    }
  });

  test("of any bytes survive any chunking", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 5 }),
        fc.integer({ min: 1, max: 20 }),
        (all, size) => {
          const stream = Buffer.concat(all.map((payload) => frame(Buffer.from(payload))));
          const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
            stream.subarray(index * size, (index + 1) * size),
          );
          const payloads = all.map((payload) => Buffer.from(payload).toString("hex"));
          expect(read(chunks)).toEqual({ payloads, unfinished: 0 });
        },
      ),
    );
  });

  test("can be 65535 bytes long", () => {
    const payload = Buffer.alloc(65_535, "x");
    expect(read([frame(payload)]).payloads).toEqual([payload.toString("hex")]);
  });

  test("that do not end are held", () => {
    expect(read([frame("isuser:a:b").subarray(0, 7)])).toEqual({ payloads: [], unfinished: 7 });
  });

  test.each([
    ["frames", new FrameReader(), frame("isuser:alice:example.org")],
    ["lines", new LineReader(), Buffer.from("isuser:alice:example.org\n")],
  ])("%s are kept where one buffer is used for all that is read", (_, reader, request) => {
    const buffer = Buffer.alloc(100);
    const read = (bytes: Buffer) => {
      buffer.fill("x");
      return reader.feed(buffer, bytes.copy(buffer)).map(String);
    };
    for (let cut = 1; cut < request.length; cut++) {
      expect(read(request.subarray(0, cut))).toEqual([]);
      expect(read(request.subarray(cut))).toEqual(["isuser:alice:example.org"]);
    }
  });

  test("that fill one buffer again and again are each what was read", () => {
    const reader = new FrameReader();
    const buffers = [Buffer.alloc(2000), Buffer.alloc(2000)];
    const texts = ["a", "b", "ab", "x".repeat(1500), "b", "", "ba", "y".repeat(1500), "a"];
    for (const text of [...texts, ...texts]) {
      for (const buffer of [buffers[0], buffers[0], buffers[1]] as Buffer[]) {
        for (const each of buffers) each.fill("x");
        const bytes = frame(text);
        expect(reader.feed(buffer, bytes.copy(buffer)).map(String)).toEqual([text]);
      }
    }
  });

  test("of replies are 00 02 and the answer", () => {
    expect(replyFrame(yes).toString("hex")).toBe("00020001");
    expect(replyFrame(no).toString("hex")).toBe("00020000");
  });
});
