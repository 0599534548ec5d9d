import type { Decision, Login, Refused } from "../verify/index.ts";
import type { Log } from "./log.ts";
import { codes, no, type Reply, yes } from "./reply.ts";
import { type ExtauthRequest, parseRequest } from "./request.ts";

/** Who decides. */
export interface Verifier {
  verify(login: Login): Decision | Promise<Decision>;
  userExists(user: string, host: string): boolean | Promise<boolean>;
  /** Takes back what a user was given; false where that cannot be. */
  revokeUser(user: string, host: string): Promise<boolean>;
}

/** What came of a request, for the log and for counters. */
export interface Outcome {
  op: ExtauthRequest["op"] | "nonsense";
  ok: boolean;
  reason?: string | undefined;
  user?: string;
  host?: string;
  key?: string | undefined;
  format?: string | undefined;
  /** Milliseconds. */
  ms: number;
}

/** Answers one payload. */
export type Answer = (payload: Buffer) => Reply | Promise<Reply>;

interface Verdict extends Pick<Outcome, "reason" | "key" | "format"> {
  reply: Reply;
}

/**
 * Answers requests with a verifier's decisions and logs each, without its password.
 *
 * @param onOutcome - hears of each answer
 */
export function answerWith(
  verifier: Verifier,
  log: Log,
  onOutcome?: (outcome: Outcome) => void,
): Answer {
  return (payload) => {
    const started = performance.now();
    const request = parseRequest(payload);
    if (!request) {
      log.warn({ bytes: payload.length }, "refused: not a request");
      onOutcome?.({ op: "nonsense", ok: false, ms: since(started) });
      return no;
    }
    const { op, user, host } = request;
    const verdict = judge(request, verifier);
    return verdict instanceof Promise ? verdict.then(conclude) : conclude(verdict);

    function conclude({ reply, reason, key, format }: Verdict): Reply {
      const ok = reply.code === codes.yes;
      const ms = since(started);
      log.info({ op, user, host, ok, reason, key, format, ms }, ok ? "accepted" : "refused");
      onOutcome?.({ op, ok, user, host, reason, key, format, ms });
      return reply;
    }
  };
}

/** Milliseconds, with three decimals. */
function since(started: number): number {
  return Math.round((performance.now() - started) * 1000) / 1000;
}

function judge(request: ExtauthRequest, verifier: Verifier): Verdict | Promise<Verdict> {
  const { op, user, host, password } = request;
  switch (op) {
    case "auth":
      return map(verifier.verify({ user, host, password }), authVerdict);
    case "check":
      return map(verifier.verify({ ...(user && { user }), host, password }), checkVerdict);
    case "isuser":
      return map(verifier.userExists(user, host), yesOrNo);
    case "removeuser":
      return verifier.revokeUser(user, host).then(yesOrNo);
    case "removeuser3":
      // Only who can log in may remove.
      return Promise.resolve(verifier.verify({ user, host, password })).then((decision) =>
        decision.ok ? verifier.revokeUser(user, host).then(yesOrNo) : authVerdict(decision),
      );
    default:
      return { reply: no, reason: "not-supported" };
  }
}

function authVerdict(decision: Decision): Verdict {
  if (!decision.ok) return { reply: no, reason: decision.reason };
  return { reply: yes, key: decision.key, format: decision.format };
}

function checkVerdict(decision: Decision): Verdict {
  const verdict = authVerdict(decision);
  verdict.reply = decision.ok
    ? { code: codes.yes, text: `${decision.expiresAt}:${decision.user}` }
    : { code: codeOf(decision.reason) };
  return verdict;
}

function codeOf(reason: Refused["reason"]): Reply["code"] {
  switch (reason) {
    case "expired":
      return codes.expired;
    case "revoked":
    case "already-used":
      return codes.revoked;
    case "store-unavailable":
      return codes.unknown;
    default:
      return codes.no;
  }
}

function yesOrNo(is: boolean): Verdict {
  return { reply: is ? yes : no };
}

/** Stays with values where there is no promise: most answers are there at once. */
function map<T, R>(value: T | Promise<T>, to: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(to) : to(value);
}
