/**
 * Cuts a stream of bytes into frames: an unsigned 16-bit big-endian length, then as many bytes.
 *
 * @see {@link https://docs.ejabberd.im/developer/guide/#external-authentication}
 */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Takes the next bytes and gives each payload that they complete. */
  *feed(chunk: Buffer): Generator<Buffer, void> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 2) {
      const end = 2 + this.#pending.readUInt16BE(0);
      if (this.#pending.length < end) return;
      const payload = this.#pending.subarray(2, end);
      this.#pending = this.#pending.subarray(end);
      yield payload;
    }
  }

  /** How many bytes of an unfinished frame are held. */
  get unfinished(): number {
    return this.#pending.length;
  }
}

/** The reply frame: 1 for yes, 0 for no. */
export function replyFrame(yes: boolean): Buffer {
  return Buffer.from([0, 2, 0, yes ? 1 : 0]);
}
