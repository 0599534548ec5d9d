/** How a user directory is asked. Times are in seconds. */
export interface AskOptions {
  /** How long a question may take. @defaultValue 3 */
  timeout?: number;
  /** How long an answer is taken for true. @defaultValue 60 */
  maxAge?: number;
  /** @defaultValue the global `fetch` */
  fetch?: typeof globalThis.fetch;
}

interface Answer {
  exists: Promise<boolean>;
  until: number;
}

const mostAnswers = 10_000;

/**
 * Asks a URL whether users exist, as ejabberd_auth_http does: a GET with `user` and `server`, where
 * 200 and `true` is yes and any other answer no. One question for all who ask at once; no answer is
 * no, and is not kept.
 */
export function askUrl(
  url: string | URL,
  options: AskOptions = {},
): (user: string, host: string) => Promise<boolean> {
  const { timeout = 3, maxAge = 60, fetch = globalThis.fetch } = options;
  const answers = new Map<string, Answer>();

  return (user, server) => {
    const question = new URL(url);
    question.searchParams.set("user", user);
    question.searchParams.set("server", server);
    const known = answers.get(question.href);
    if (known && Date.now() < known.until) return known.exists;

    const exists = ask(question).catch(() => {
      answers.delete(question.href);
      return false;
    });
    answers.delete(question.href);
    answers.set(question.href, { exists, until: Date.now() + maxAge * 1000 });
    // A Map keeps its order: the first is the oldest.
    for (const oldest of answers.keys()) {
      if (answers.size <= mostAnswers) break;
      answers.delete(oldest);
    }
    return exists;
  };

  async function ask(question: URL): Promise<boolean> {
    const response = await fetch(question, {
      signal: AbortSignal.timeout(timeout * 1000),
      redirect: "error",
    });
    if (response.status >= 500) throw new Error(`${response.status}`);
    return response.status === 200 && (await response.text()).trim() === "true";
  }
}
