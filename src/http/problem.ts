import { HTTPException } from "hono/http-exception";
import { type ErrorCode, MayflyError } from "../error.ts";

/** The status and title of each kind of problem. */
const kinds = {
  request: [400, "The request is invalid"],
  id: [400, "No credential is minted for this identity"],
  host: [400, "The host is not served"],
  ttl: [400, "The lifetime is out of range"],
  "no-key": [400, "No key mints the requested credential"],
  unauthorized: [401, "Credentials are missing or refused"],
  forbidden: [403, "This is not allowed"],
  "not-found": [404, "Not found"],
  "too-large": [413, "The request is too large"],
  "too-many-requests": [429, "Too many requests"],
  internal: [500, "Internal error"],
  unavailable: [503, "A service needed for the decision is unavailable"],
} as const;

/** Kind of a problem; its `type` is `urn:mayfly:problem:KIND`. */
export type ProblemKind = keyof typeof kinds;

/**
 * An HTTP error, sent as `application/problem+json` with `type`, `title`, `status` and `detail` (RFC 9457).
 * `type` is stable; `title` and `detail` are for people and may change.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457}
 */
export class Problem extends HTTPException {
  readonly kind: ProblemKind;
  readonly #headers: Record<string, string>;

  constructor(kind: ProblemKind, detail: string, headers: Record<string, string> = {}) {
    super(kinds[kind][0], { message: detail });
    this.kind = kind;
    this.#headers = headers;
  }

  override getResponse(): Response {
    const [status, title] = kinds[this.kind];
    const body = { type: `urn:mayfly:problem:${this.kind}`, title, status, detail: this.message };
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...this.#headers, "content-type": "application/problem+json" },
    });
  }
}

const kindOf: Partial<Record<ErrorCode, ProblemKind>> = {
  ERR_ID: "id",
  ERR_HOST: "host",
  ERR_TTL: "ttl",
  ERR_NO_KEY: "no-key",
  ERR_REQUEST: "request",
};

/** Converts an error to the problem to send. Errors of the server itself reveal no details to the caller. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = error instanceof MayflyError ? error : {};
  const kind = code && kindOf[code];
  if (kind) return new Problem(kind, String(message));
  if (code === "ERR_STORE") return new Problem("unavailable", "the store is unavailable");
  return new Problem("internal", "the server's log may have the cause");
}
