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

/** Views of longer requests are not kept, in bytes. */
const maxViewedBytes = 1024;

/**
 * Cuts a stream into frames: an unsigned 16-bit big-endian length, then as many bytes.
 *
 * Where the same chunk is filled again and again with one request, the views of it are kept by their length.
 * A program that has just woken takes longer to make one than to verify a MAC.
 *
 * @see {@link https://docs.ejabberd.im/developer/guide/#external-authentication}
 */
export class FrameReader implements Reader {
  #pending: Buffer = nothing;
  #chunk: Buffer = nothing;
  /** Views of the chunk, by their end. */
  #views: Buffer[] = [];

  feed(chunk: Buffer, size: number = chunk.length): Buffer[] {
    const isWhole = this.#pending.length === 0;
    if (isWhole && isOneFrame(chunk, size)) return [this.#view(chunk, size)];
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

  #view(chunk: Buffer, end: number): Buffer {
    if (end > maxViewedBytes) return chunk.subarray(2, end);
    if (chunk !== this.#chunk) {
      this.#chunk = chunk; // of one that comes but once, as from a socket, no view is kept
      this.#views = [];
      return chunk.subarray(2, end);
    }
    this.#views[end] ??= chunk.subarray(2, end);
    return this.#views[end];
  }
}

function isOneFrame(chunk: Buffer, size: number): boolean {
  return size === 2 + 256 * (chunk[0] ?? 0) + (chunk[1] ?? 0);
}
