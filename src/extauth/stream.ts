import type { EventEmitter } from "node:events";
import type { Writable } from "node:stream";
import type { Reader } from "./frame-reader.ts";
import type { RequestHandler } from "./handler.ts";
import type { Log, Protocol } from "./protocol.ts";
import { fallbackReply, type Reply } from "./reply.ts";

/** What requests are read from, such as a `Readable`; paused, it may still emit what it has read. */
interface Input extends EventEmitter {
  pause(): unknown;
  resume(): unknown;
}

/** The two directions of a server's connection, and what answers it. */
export interface RequestStreamOptions {
  input: Input;
  output: Writable;
  /** Writes replies. @defaultValue to the output */
  write?: (bytes: Buffer) => void;
  protocol: Protocol;
  answer: RequestHandler;
  log: Log;
}

/** The place of a request in the order of the stream, and its reply once there is one. */
interface PendingReply {
  reply?: Reply;
}

/** Requests that may wait for their replies; the input is not read while there are as many. */
const maxPending = 64;

/**
 * A server's stream of requests. Each is answered with exactly one reply, in the order of the
 * requests and within the protocol's deadline, until the input ends: a surplus or late reply would
 * answer the next request. Where the handler throws, or takes too long, the reply is
 * {@link fallbackReply}.
 *
 * A chunk of the input is cut into requests, whose replies are written together. A reply that is
 * there at once, with none before it pending, takes no place in the queue.
 */
export class RequestStream {
  /** Resolves when the input has ended and every request is answered. */
  readonly finished: Promise<void>;

  readonly #input: Input;
  readonly #output: Writable;
  readonly #write: (bytes: Buffer) => void;
  readonly #protocol: Protocol;
  readonly #answer: RequestHandler;
  readonly #log: Log;
  readonly #reader: Reader;
  /** Requests without a reply, and those behind them, in order. */
  readonly #pending: PendingReply[] = [];
  /** The encoded reply that is to be written next, and those behind it: most have none. */
  #first: Buffer | undefined;
  #others: Buffer[] = [];
  #hasEnded = false;
  #isOutputBroken = false;
  #finish = () => {};

  constructor({ input, output, write, protocol, answer, log }: RequestStreamOptions) {
    this.#input = input;
    this.#output = output;
    this.#write = write ?? ((bytes) => void output.write(bytes));
    this.#protocol = protocol;
    this.#answer = answer;
    this.#log = log;
    this.#reader = protocol.reader();
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });

    input.on("data", (chunk: Buffer, size = chunk.length) => this.#onData(chunk, size));
    input.on("end", () => this.#onInputEnd());
    input.on("error", (error) => log.warn({ err: error }, "the input broke off"));
    input.on("close", () => this.#end());
    output.on("drain", () => this.#proceed());
    output.on("error", (error) => this.#onOutputError(error));
  }

  /** Whether every request that was read is answered. */
  get isIdle(): boolean {
    return this.#pending.length === 0;
  }

  /** Reads no more; requests that were read until then are still answered. */
  stop(): void {
    this.#input.removeAllListeners("data");
    this.#input.pause();
    this.#end();
  }

  #onData(chunk: Buffer, size: number): void {
    for (const payload of this.#reader.feed(chunk, size)) this.#handle(payload);
    this.#flush();
    if (this.#isBusy()) this.#input.pause();
  }

  #onInputEnd(): void {
    const { unfinished } = this.#reader;
    if (unfinished > 0) this.#log.warn({ bytes: unfinished }, "the input ended inside a request");
    this.#end();
  }

  #onOutputError(error: Error): void {
    if (!this.#isOutputBroken) this.#log.warn({ err: error }, "cannot write replies");
    this.#isOutputBroken = true;
    this.#proceed();
  }

  /** Has one request answered. */
  #handle(payload: Buffer): void {
    const reply = this.#call(payload);
    if (reply instanceof Promise) this.#await(reply, fallbackReply(payload));
    else if (this.#pending.length > 0) this.#pending.push({ reply });
    else this.#encode(reply);
  }

  #call(payload: Buffer): Reply | Promise<Reply> {
    try {
      return this.#answer(payload);
    } catch (error) {
      return this.#failed(error, fallbackReply(payload));
    }
  }

  /**
   * Queues a request until its reply or the deadline, whichever comes first.
   *
   * @param fallback - made beforehand: the payload's bytes are good for this call alone
   */
  #await(reply: Promise<Reply>, fallback: Reply): void {
    const place: PendingReply = {};
    this.#pending.push(place);
    const { deadline } = this.#protocol;
    const timer = setTimeout(() => {
      this.#log.error({ ms: deadline }, "refused: the decision took too long");
      this.#settle(place, fallback);
    }, deadline);
    reply
      .catch((error) => this.#failed(error, fallback))
      .then((decided) => {
        clearTimeout(timer);
        this.#settle(place, decided);
      });
  }

  #failed(error: unknown, fallback: Reply): Reply {
    this.#log.error({ err: error }, "refused: the request could not be decided");
    return fallback;
  }

  /** Takes the reply to a queued request, and writes all that are next in order. */
  #settle(place: PendingReply, reply: Reply): void {
    if (place.reply) return; // the deadline has answered
    place.reply = reply;
    for (let head = this.#pending[0]; head?.reply; head = this.#pending[0]) {
      this.#pending.shift();
      this.#encode(head.reply);
    }
    this.#flush();
    this.#proceed();
  }

  #encode(reply: Reply): void {
    const bytes = this.#protocol.encode(reply);
    if (this.#first) this.#others.push(bytes);
    else this.#first = bytes;
  }

  /** Writes the encoded replies in one piece. */
  #flush(): void {
    const [first, others] = [this.#first, this.#others];
    if (!first) return;
    this.#first = undefined;
    if (others.length > 0) this.#others = [];
    if (this.#isOutputBroken) return;
    this.#write(others.length > 0 ? Buffer.concat([first, ...others]) : first);
  }

  /** Whether no more is to be read for now. */
  #isBusy(): boolean {
    if (this.#pending.length >= maxPending) return true;
    return this.#output.writableNeedDrain && !this.#isOutputBroken;
  }

  /** Reads on, or finishes once the input has ended and nothing is pending. */
  #proceed(): void {
    if (this.#hasEnded) {
      if (this.#pending.length === 0) this.#finish();
    } else if (!this.#isBusy()) {
      this.#input.resume();
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#proceed();
  }
}
