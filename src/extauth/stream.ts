import type { Readable, Writable } from "node:stream";
import type { Answer } from "./answer.ts";
import type { Log } from "./log.ts";
import type { Protocol } from "./protocol.ts";
import { type Reply, undecided } from "./reply.ts";

/** One server that asks. */
export interface Stream {
  input: Readable;
  output: Writable;
  /** Writes replies. @defaultValue to the output */
  write?: (bytes: Buffer) => void;
  protocol: Protocol;
  answer: Answer;
  log: Log;
}

/** A stream that is served. */
export interface Serving {
  /** Resolves when the input has ended and all that was asked is answered. */
  finished: Promise<void>;
  /** Reads no more; what was asked until then is still answered. */
  stop(): void;
}

/** A request's place in the order, and its reply once there is one. */
interface Place {
  reply?: Reply;
}

const mostWaiting = 64;

/**
 * Answers every request of a stream with exactly one reply, in the order of the requests, each
 * within the deadline, until the input ends: a surplus or late reply would answer the next request.
 * An answer that throws, or takes too long, is a no, or to `check` that nobody can tell.
 */
export function serveStream(stream: Stream): Serving {
  const { input, output, protocol, answer, log } = stream;
  const { write = (bytes: Buffer) => void output.write(bytes) } = stream;
  const { deadline } = protocol;
  const reader = protocol.reader();
  const waiting: Place[] = [];
  const replies: Buffer[] = [];
  let isOver = false;
  let isBroken = false;
  let done = () => {};

  input.on("data", (chunk: Buffer, size = chunk.length) => {
    for (const payload of reader.feed(chunk, size)) take(payload);
    flush();
    if (isBusy()) input.pause();
  });
  input.on("end", () => {
    if (reader.unfinished > 0) {
      log.warn({ bytes: reader.unfinished }, "the input ended inside a request");
    }
    end();
  });
  input.on("error", (error) => log.warn({ err: error }, "the input broke off"));
  input.on("close", end);
  output.on("drain", proceed);
  output.on("error", (error) => {
    if (!isBroken) log.warn({ err: error }, "cannot write replies");
    isBroken = true;
    proceed();
  });
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  return {
    finished,
    stop() {
      input.removeAllListeners("data").pause();
      end();
    },
  };

  function take(payload: Buffer): void {
    const reply = decide(payload);
    if (!(reply instanceof Promise) && waiting.length === 0) {
      send(reply);
      return;
    }
    const place: Place = {};
    waiting.push(place);
    if (!(reply instanceof Promise)) {
      place.reply = reply;
      return;
    }
    const otherwise = undecided(payload); // later the payload's bytes may be another's
    const timer = setTimeout(() => {
      log.error({ ms: deadline }, "refused: the decision took too long");
      settle(place, otherwise);
    }, deadline);
    reply
      .catch((error) => failed(error, otherwise))
      .then((reply) => {
        clearTimeout(timer);
        settle(place, reply);
      });
  }

  function decide(payload: Buffer): Reply | Promise<Reply> {
    try {
      return answer(payload);
    } catch (error) {
      return failed(error, undecided(payload));
    }
  }

  function failed(error: unknown, otherwise: Reply): Reply {
    log.error({ err: error }, "refused: the request could not be decided");
    return otherwise;
  }

  function settle(place: Place, reply: Reply): void {
    if (place.reply) return; // the deadline has answered
    place.reply = reply;
    for (let head = waiting[0]; head?.reply; head = waiting[0]) {
      waiting.shift();
      send(head.reply);
    }
    flush();
    proceed();
  }

  function send(reply: Reply): void {
    replies.push(protocol.encode(reply));
  }

  /** Writes the replies to all that came at once, at once. */
  function flush(): void {
    const [first] = replies;
    if (!first) return;
    if (!isBroken) write(replies.length === 1 ? first : Buffer.concat(replies));
    replies.length = 0;
  }

  function isBusy(): boolean {
    return waiting.length >= mostWaiting || (output.writableNeedDrain && !isBroken);
  }

  function proceed(): void {
    if (isOver && waiting.length === 0) done();
    else if (!isOver && !isBusy()) input.resume();
  }

  function end(): void {
    isOver = true;
    proceed();
  }
}
