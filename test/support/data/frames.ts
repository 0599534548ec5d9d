/** A frame as a server sends it. */
export function frame(payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
