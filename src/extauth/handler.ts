import { performance } from "node:perf_hooks"; // the global is a getter
import { opaqueFingerprint } from "../credential/index.ts";
import type { Decision, MacRequest, MacResult, VerifyRequest } from "../verify/index.ts";
import { answerFeed, type FeedPort } from "./feed-request.ts";
import { createHold } from "./hold.ts";
import type { RequestOutcome } from "./outcome.ts";
import type { Log } from "./protocol.ts";
import { codes, no, type Reply, yes } from "./reply.ts";
import { type ExtauthRequest, parseRequest } from "./request.ts";
import { factsOf } from "./session-facts.ts";

/** Who decides. */
export interface Verifier {
  verify(login: VerifyRequest): Decision | Promise<Decision>;
  /** The MACs that a username may have. */
  listMacs(request: MacRequest): MacResult;
  userExists(user: string, host: string): boolean | Promise<boolean>;
  /** Takes back what a user was given; false where that cannot be. */
  revokeUser(user: string, host: string): Promise<boolean>;
}

/** Answers one payload. */
export type RequestHandler = (payload: Buffer) => Reply | Promise<Reply>;

interface HandlerResult extends Pick<RequestOutcome, "reason" | "key" | "format"> {
  reply: Reply;
  /** The user that the decision names, where the request names none. */
  user?: string | undefined;
}

/**
 * Answers requests with a verifier's decisions and logs each, without its password.
 *
 * @param onOutcome - hears of each answer
 * @param holdMs - how long a refusal of `auth` is held back while the store is down, in milliseconds
 * @param feed - who serves the servers that follow the feed; without it they are refused
 */
export function createHandler(
  verifier: Verifier,
  log: Log,
  onOutcome?: (outcome: RequestOutcome) => void,
  holdMs = 0,
  feed?: FeedPort,
): RequestHandler {
  const hold = createHold(holdMs);
  return (payload) => {
    const started = performance.now();
    const followed = answerFeed(payload, feed);
    if (followed) return followed; // every few seconds, and no login: neither logged nor counted
    const request = parseRequest(payload, feed?.isAllowed());
    if (!request) {
      log.warn({ bytes: payload.length }, "refused: not a request");
      onOutcome?.({ op: "nonsense", ok: false, ms: elapsedMs(started) });
      return no;
    }
    if (request.op === "identify") return identify(request);
    const verdict = dispatch(request, verifier, hold);
    return verdict instanceof Promise
      ? concludeLater(verdict, request, started)
      : conclude(verdict, request, started);
  };

  async function concludeLater(
    verdict: Promise<HandlerResult>,
    request: ExtauthRequest,
    started: number,
  ): Promise<Reply> {
    return conclude(await verdict, request, started);
  }

  function conclude(verdict: HandlerResult, request: ExtauthRequest, started: number): Reply {
    const { reply, reason, key, format, user = request.user } = verdict;
    // To the log and to counters, a login is a check whose answer has more to it.
    const op = request.op === "login" ? "check" : request.op;
    const { host } = request;
    const ok = reply.code === codes.yes;
    const outcome = { op, user, host, ok, reason, key, format, ms: elapsedMs(started) };
    log.answered(outcome);
    onOutcome?.(outcome);
    return reply;
  }
}

/** Milliseconds, with three decimals. */
function elapsedMs(started: number): number {
  return Math.round((performance.now() - started) * 1000) / 1000;
}

function dispatch(
  request: ExtauthRequest,
  verifier: Verifier,
  hold: ReturnType<typeof createHold>,
): HandlerResult | Promise<HandlerResult> {
  const { op, user, host, password } = request;
  switch (op) {
    case "auth":
      return mapResult(hold(verifier, request), authResult);
    case "check":
      return mapResult(verifier.verify({ ...(user && { user }), host, password }), checkResult);
    case "login":
      return mapResult(verifier.verify({ ...(user && { user }), host, password }), (decision) =>
        loginResult(decision, password),
      );
    case "mac":
      return macVerdict(verifier.listMacs({ username: password, host }));
    case "isuser":
      return mapResult(verifier.userExists(user, host), yesOrNo);
    case "removeuser":
      return verifier.revokeUser(user, host).then(yesOrNo);
    case "removeuser3":
      // Only who can log in may remove.
      return Promise.resolve(verifier.verify({ user, host, password })).then((decision) =>
        decision.ok ? verifier.revokeUser(user, host).then(yesOrNo) : authResult(decision),
      );
    default:
      return { reply: no, reason: "not-supported" };
  }
}

function authResult(decision: Decision): HandlerResult {
  if (!decision.ok) return { reply: no, reason: decision.reason };
  return { reply: yes, key: decision.key, format: decision.format };
}

function checkResult(decision: Decision): HandlerResult {
  const verdict = authResult(decision);
  verdict.reply = decision.ok
    ? { code: codes.yes, text: `${decision.expiresAt}:${decision.user}` }
    : { code: codeOf(decision.reason) };
  return verdict;
}

/** As {@link checkResult}, with what the server is to keep with the session. */
function loginResult(decision: Decision, password: string): HandlerResult {
  const verdict = checkResult(decision);
  if (decision.ok) {
    const { user, expiresAt: expires, key, format } = decision;
    const facts = factsOf(password) ?? { credential: opaqueFingerprint(password) };
    const text = JSON.stringify({ user, ...facts, expires, format, key });
    verdict.reply = { code: codes.yes, text };
  }
  return verdict;
}

/** What a server is to keep with a session that it opened without us. Nothing is decided. */
function identify({ user, password }: ExtauthRequest): Reply {
  const facts = factsOf(password);
  return facts ? { code: codes.yes, text: JSON.stringify({ user, ...facts }) } : no;
}

/** The answer holds secrets, and the log none of it. */
function macVerdict(result: MacResult): HandlerResult {
  const { user } = result;
  if (result.ok) return { reply: { code: codes.yes, text: result.macs.join(" ") }, user };
  return { reply: { code: codeOf(result.reason) }, reason: result.reason, user };
}

function codeOf(reason: string): Reply["code"] {
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

function yesOrNo(is: boolean): HandlerResult {
  return { reply: is ? yes : no };
}

/** Stays with values where there is no promise: most answers are there at once. */
function mapResult<T, R>(value: T | Promise<T>, to: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(to) : to(value);
}
