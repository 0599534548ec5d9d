import type { Reader } from "./frame-reader.ts";

const newline = 0x0a;
const maxLineBytes = 65_535;

/**
 * Cuts a stream into lines, for the "generic" protocol of Prosody's mod_auth_external. A line that
 * is too long for a request is cut short, and then refused because it is no request.
 *
 * @param inTurns - the server waits for each answer before it sends the next request. All bytes that
 * arrive together are then one request, so a line break in a password starts no second one
 * @see {@link https://modules.prosody.im/mod_auth_external#protocol}
 */
export class LineReader implements Reader {
  readonly #inTurns: boolean;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(inTurns = false) {
    this.#inTurns = inTurns;
  }

  feed(bytes: Buffer, size: number = bytes.length): Buffer[] {
    const chunk = bytes.subarray(0, size);
    const lines: Buffer[] = [];
    let start = 0;
    const from = this.#inTurns ? chunk.length - 1 : 0;
    for (let end = chunk.indexOf(newline, from); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      lines.push(this.#take());
    }
    this.#keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  get unfinished(): number {
    return this.#length;
  }

  #keep(piece: Buffer): void {
    const room = maxLineBytes + 1 - this.#length;
    if (piece.length === 0 || room <= 0) return;
    this.#pieces.push(piece.subarray(0, room));
    this.#length += Math.min(piece.length, room);
  }

  #take(): Buffer {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    // A pty ends lines with both.
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }
}
