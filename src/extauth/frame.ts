/** Cuts a stream of bytes into requests. */
export interface Reader {
  /** Takes the next bytes and gives each request that they complete. */
  feed(chunk: Buffer): Iterable<Buffer>;
  /** How many bytes of an unfinished request are held. */
  readonly unfinished: number;
}

/**
 * Cuts a stream into frames: an unsigned 16-bit big-endian length, then as many bytes.
 *
 * @see {@link https://docs.ejabberd.im/developer/guide/#external-authentication}
 */
export class FrameReader implements Reader {
  #pending: Buffer = Buffer.alloc(0);

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

  get unfinished(): number {
    return this.#pending.length;
  }
}
