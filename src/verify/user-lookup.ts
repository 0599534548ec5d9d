/** How to ask a user directory. Times are in seconds. */
export interface UserLookupOptions {
  /** How long a request may take. @defaultValue 3 */
  timeout?: number;
  /** How long an answer is cached. @defaultValue 60 */
  maxAge?: number;
  /** @defaultValue the global `fetch` */
  fetch?: typeof globalThis.fetch;
}

interface CachedAnswer {
  exists: Promise<boolean>;
  until: number;
}

const maxCachedAnswers = 10_000;

/**
 * Creates a function that asks a URL whether a user exists, as ejabberd_auth_http does: a GET with
 * `user` and `server`, where 200 with `true` is yes and any other answer no. Callers that ask at the
 * same time share one request. A failed request, or a 5xx, is no and is not cached.
 */
export function createUserLookup(
  url: string | URL,
  options: UserLookupOptions = {},
): (user: string, host: string) => Promise<boolean> {
  const { timeout = 3, maxAge = 60, fetch = globalThis.fetch } = options;
  const answers = new Map<string, CachedAnswer>();

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
      if (answers.size <= maxCachedAnswers) break;
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
