import { EventEmitter } from "node:events";
import { fstatSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { performance } from "node:perf_hooks"; // the global is a getter

/** What a {@link StandardInput} asks of the program between two requests. */
export interface InputWait {
  /** Writes the log out. */
  flushLog(): void;
  /** Whether nothing is under way. */
  isIdle(): boolean;
  /** Whether something needs the event loop even between requests, such as a store's connection. */
  needsEventLoop(): boolean;
  /** Takes up what has changed outside of the program; a promise where that takes time. */
  catchUp(): Promise<void> | undefined;
  /** Called once, when the event loop begins to read the input. */
  onEventLoop(): void;
}

/** After a longer wait, in milliseconds, the event loop has a turn before the request is answered. */
const shortWaitMs = 10;

/** How long requests that come faster are answered without such a turn, in milliseconds. */
const maxWithoutTurnMs = 50;

const longestTimerMs = 2 ** 31 - 1;

/**
 * Standard input. Emits `data` with one buffer, again and again, and how much of it is filled; then
 * `end` and `close`.
 *
 * A pipe is read by calls that block, which takes much less of the processor than the event loop
 * does in a program that has just woken. Nothing else happens meanwhile: signals, timers and
 * {@link InputWait.catchUp} have their turn before a request that came after a wait of more than
 * {@link shortWaitMs}, and every {@link maxWithoutTurnMs} where requests come faster. While
 * something is under way, the event loop runs and nothing is read, until {@link resume} is called.
 *
 * The event loop reads what is no pipe, or cannot be read in that way.
 */
export class StandardInput extends EventEmitter {
  readonly #wait: InputWait;
  readonly #buffer = Buffer.allocUnsafeSlow(65_536);
  /** Keeps the process alive while it does not read. */
  readonly #alive = setInterval(() => {}, longestTimerMs);
  /** The input, once the event loop reads it. */
  #stream: typeof process.stdin | Socket | undefined;
  #isReading = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #turnedAt = Number.NEGATIVE_INFINITY;

  constructor(wait: InputWait) {
    super();
    this.#wait = wait;
    if (fstatSync(0).isFIFO()) this.resume();
    else this.#useEventLoop();
  }

  /** Whether the event loop reads the input. */
  get usesEventLoop(): boolean {
    return this.#stream !== undefined;
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
    if (this.#stream || this.#isReading) return;
    this.#isReading = true;
    setImmediate(() => this.#readOn());
  }

  /**
   * Reads until something is under way, the event loop is to have its turn, or the input has ended.
   *
   * @param size - how many bytes of the buffer are to be emitted first
   */
  #readOn(size = 0): void {
    this.#isReading = false;
    try {
      if (size > 0) this.emit("data", this.#buffer, size);
      while (this.#wait.isIdle()) {
        this.#wait.flushLog();
        const read = this.#wait.needsEventLoop() ? undefined : this.#block();
        const now = performance.now();
        const isLate = now - this.#readAt > shortWaitMs || now - this.#turnedAt > maxWithoutTurnMs;
        this.#readAt = now;
        if (!read || isLate) {
          this.#leave(read);
          return;
        }
        this.emit("data", this.#buffer, read);
      }
    } catch (error) {
      this.resume();
      throw error; // a defect, which the process logs
    }
  }

  /** Ends reading for now, or for good where there is nothing that was read. */
  #leave(size: number | undefined): void {
    if (size === undefined) this.#useEventLoop();
    else if (size === 0) this.#end();
    else this.#giveTurn(size);
  }

  /** Gives signals and timers their turn before what was read is emitted. */
  #giveTurn(size: number): void {
    this.#isReading = true;
    const readOn = (): void => {
      this.#turnedAt = performance.now();
      this.#readOn(size);
    };
    setImmediate(() => {
      const changing = this.#wait.catchUp();
      if (changing) changing.then(readOn);
      else readOn();
    });
  }

  /** Blocks until there are bytes to read, and returns how many; 0 at the end. */
  #block(): number | undefined {
    try {
      return readSync(0, this.#buffer, 0, this.#buffer.length, null);
    } catch {
      return undefined; // such as EAGAIN; the event loop meets other errors again, and emits them
    }
  }

  #end(): void {
    clearInterval(this.#alive);
    this.emit("end");
    this.emit("close");
  }

  #useEventLoop(): void {
    clearInterval(this.#alive);
    const buffer = this.#buffer;
    const callback = (size: number): boolean => this.emit("data", buffer, size);
    const options = { fd: 0, readable: true, writable: false, onread: { buffer, callback } };
    try {
      this.#stream = new Socket(options);
    } catch {
      // It is neither a pipe nor a socket.
      this.#stream = process.stdin;
      this.#stream.on("data", (chunk) => this.emit("data", chunk));
    }
    for (const event of ["end", "error", "close"]) {
      this.#stream.on(event, (...values) => this.emit(event, ...values));
    }
    this.#wait.onEventLoop();
  }
}
