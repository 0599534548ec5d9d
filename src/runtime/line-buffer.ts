const [quote, backslash] = [0x22, 0x5c];

/**
 * Lines that wait to be written, as bytes: no write can cut a character.
 *
 * ASCII is copied unit by unit, which calls neither V8's runtime nor Node. A program that has just woken takes
 * several times as long to join the parts of a line to one string, and to encode that.
 */
export class LineBuffer {
  /** The lines are at its start. */
  readonly bytes: Buffer;
  /** The length of the whole lines, in bytes. */
  #length = 0;
  /** Where the next part of the line goes. */
  #at = 0;
  #hasRoom = true;

  /** @param maxBytes - lines for which there is no more room are dropped */
  constructor(maxBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(maxBytes);
  }

  /** The length of the lines, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Starts a line. One that was not ended is dropped. */
  start(): void {
    this.#at = this.#length;
    this.#hasRoom = true;
  }

  /** Adds a text as it is to the line. */
  text(text: string): void {
    // One UTF-16 code unit takes at most three bytes of UTF-8.
    this.#hasRoom &&= 3 * text.length < this.bytes.length - this.#at;
    if (!this.#hasRoom) return;
    let at = this.#at;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.#at += this.bytes.write(text, this.#at);
        return;
      }
      this.bytes[at++] = unit;
    }
    this.#at = at;
  }

  /** Adds a text as a JSON string; adds nothing and returns false where something in it may have to be escaped. */
  quoted(text: string): boolean {
    this.#hasRoom &&= text.length + 2 < this.bytes.length - this.#at;
    if (!this.#hasRoom) return true;
    let at = this.#at;
    this.bytes[at++] = quote;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < 0x20 || unit > 0x7e || unit === quote || unit === backslash) return false;
      this.bytes[at++] = unit;
    }
    this.bytes[at++] = quote;
    this.#at = at;
    return true;
  }

  /** Adds a number of at least 0 to the line, rounded to three decimals. */
  number(value: number): void {
    const whole = Math.floor(value);
    const thousandths = Math.round(1000 * (value - whole));
    this.#digits(thousandths === 1000 ? whole + 1 : whole);
    if (thousandths % 1000 === 0) return;
    this.text(".");
    this.#digits(thousandths, 3);
  }

  /** Ends the line. One for which there was no room is dropped as a whole. */
  end(): void {
    this.text("\n");
    if (this.#hasRoom) this.#length = this.#at;
  }

  /** Takes so many bytes away from the start of the lines, which were written. */
  drop(written: number): void {
    if (written < this.#length) this.bytes.copyWithin(0, written, this.#length);
    this.#length -= written;
  }

  /** Adds the digits of a whole number, with zeros before them where there are fewer. */
  #digits(value: number, least = 1): void {
    let count = 1;
    for (let next = 10; next <= value; next *= 10) count++;
    if (count < least) count = least;
    this.#hasRoom &&= count < this.bytes.length - this.#at;
    if (!this.#hasRoom) return;
    this.#at += count;
    for (let at = this.#at, left = value; count > 0; count--) {
      const rest = Math.floor(left / 10);
      this.bytes[--at] = 0x30 + left - 10 * rest;
      left = rest;
    }
  }
}
