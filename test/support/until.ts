const patience = 30_000;

/** Asks again and again until the answer is truthy, and gives it. */
export async function until<T>(ask: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, undefined | false>;
    if (Date.now() > end) throw new Error(`not within ${patience} ms: ${ask}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
