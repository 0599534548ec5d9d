import { HTTPException } from "hono/http-exception";
import { type ErrorCode, MayflyError } from "../error.ts";

/** The status and title of each kind of problem. */
const kinds = {
  request: [400, "The request cannot be understood"],
  id: [400, "No credential is minted for this identity"],
  host: [400, "The host is not served"],
  ttl: [400, "The lifetime is out of range"],
  "no-key": [400, "No key mints what was asked for"],
  unauthorized: [401, "Credentials are missing, or refused"],
  forbidden: [403, "This is not allowed"],
  "not-found": [404, "There is nothing here"],
  "too-large": [413, "The request is too large"],
  "too-many-requests": [429, "Too many requests"],
  internal: [500, "Something went wrong here"],
  unavailable: [503, "What is needed to decide is out of reach"],
} as const;

/** What can be wrong with a request; `urn:mayfly:problem:KIND` is its `type`. */
export type ProblemKind = keyof typeof kinds;

/**
 * A problem to throw: answered as `application/problem+json` with `type`, `title`, `status` and
 * `detail`. The type stays; the rest is for people.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457}
 */
export class Problem extends HTTPException {
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, detail: string, headers: Record<string, string> = {}) {
    const [status, title] = kinds[kind];
    const body = { type: `urn:mayfly:problem:${kind}`, title, status, detail };
    super(status, {
      message: detail,
      res: new Response(JSON.stringify(body), {
        status,
        headers: { ...headers, "content-type": "application/problem+json" },
      }),
    });
    this.kind = kind;
  }
}

const kindOf: Partial<Record<ErrorCode, ProblemKind>> = {
  ERR_ID: "id",
  ERR_HOST: "host",
  ERR_TTL: "ttl",
  ERR_NO_KEY: "no-key",
  ERR_REQUEST: "request",
};

/** The problem that an error is for who asked. Of what is wrong on our side no more is told. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = error instanceof MayflyError ? error : {};
  const kind = code && kindOf[code];
  if (kind) return new Problem(kind, String(message));
  if (code === "ERR_STORE") return new Problem("unavailable", "the store is out of reach");
  return new Problem("internal", "the log may say more");
}
