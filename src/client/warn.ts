/** Logs a failure to the console; the default for `onRetry`. */
export function warn({ message, cause }: Error, wait: number): void {
  // The message of Node's `fetch` is only "fetch failed"; its cause says why.
  const why =
    cause instanceof Error && !message.includes(cause.message) ? `: ${cause.message}` : "";
  // biome-ignore lint/suspicious/noConsole: the app's developer looks there
  console.warn(`mayfly: ${message}${why}; the next try is in ${Math.ceil(wait / 1000)} s`);
}
