const patience = 60_000; // a busy machine takes its time

/**
 * Asks again and again until the answer is truthy, and gives it.
 *
 * @param pauseMs - time from one answer to the next question
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  pauseMs = 20,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, undefined | false>;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${ask}`);
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}
