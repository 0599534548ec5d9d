import type { Answer } from "./answer.ts";
import { FrameReader, replyFrame } from "./frame.ts";
import type { Log } from "./log.ts";

/** What a program runs on. */
export interface Program {
  input: AsyncIterable<Buffer>;
  output: NodeJS.WritableStream;
  answer: Answer;
  log: Log;
}

/**
 * Answers every frame of the input with exactly one reply, in order, until the input ends. An
 * answer that throws is a no: ejabberd gives a pool of programs up for good when they exit.
 */
export async function runProgram({ input, output, answer, log }: Program): Promise<void> {
  output.on("error", (error) => log.error({ err: error }, "cannot write replies"));
  const frames = new FrameReader();
  for await (const chunk of input) {
    for (const payload of frames.feed(chunk)) output.write(replyFrame(await decide(payload)));
  }
  if (frames.unfinished > 0) {
    log.warn({ bytes: frames.unfinished }, "the input ended inside a frame");
  }

  async function decide(payload: Buffer): Promise<boolean> {
    try {
      return await answer(payload);
    } catch (error) {
      log.error({ err: error }, "refused: the request could not be decided");
      return false;
    }
  }
}
