/** Cuts a stream of bytes into requests. */
export interface Reader {
  /**
   * Reads the next bytes and returns the requests that they complete. The chunk and the requests may be
   * overwritten after the call; copy what you keep.
   *
   * @param size - how many bytes of the chunk to read. @defaultValue all
   */
  feed(chunk: Buffer, size?: number): readonly Buffer[];
  /** How many bytes of an unfinished request are held. */
  readonly unfinished: number;
}

const nothing = Buffer.alloc(0);

/**
 * Cuts a stream into frames: an unsigned 16-bit big-endian length, then as many bytes.
 *
 * @see {@link https://docs.ejabberd.im/developer/guide/#external-authentication}
 */
export class FrameReader implements Reader {
  #pending: Buffer = nothing;

  feed(chunk: Buffer, size: number = chunk.length): Buffer[] {
    const isWhole = this.#pending.length === 0;
    const bytes = isWhole ? chunk : Buffer.concat([this.#pending, chunk.subarray(0, size)]);
    const length = this.#pending.length + size;
    const payloads: Buffer[] = [];
    let start = 0;
    while (length >= start + 2) {
      const end = start + 2 + bytes.readUInt16BE(start);
      if (length < end) break;
      payloads.push(bytes.subarray(start + 2, end));
      start = end;
    }
    this.#pending = start === length ? nothing : Buffer.from(bytes.subarray(start, length));
    return payloads;
  }

  get unfinished(): number {
    return this.#pending.length;
  }
}
