import type { Decision, Login } from "../verify/index.ts";
import type { Log } from "./log.ts";
import { type ExtauthRequest, parseRequest } from "./request.ts";

/** Who decides. */
export interface Verifier {
  verify(login: Login): Decision | Promise<Decision>;
  userExists(user: string, host: string): boolean;
}

/** Answers one payload, yes or no. */
export type Answer = (payload: Buffer) => boolean | Promise<boolean>;

interface Outcome {
  ok: boolean;
  reason?: string;
  key?: string;
  format?: string;
}

/** Answers requests with a verifier's decisions and logs each, without its password. */
export function answerWith(verifier: Verifier, log: Log): Answer {
  return (payload) => {
    const started = performance.now();
    const request = parseRequest(payload);
    if (!request) {
      log.warn({ bytes: payload.length }, "refused: not a request");
      return false;
    }
    const outcome = decide(request, verifier);
    return outcome instanceof Promise ? outcome.then(conclude) : conclude(outcome);

    function conclude({ ok, ...outcome }: Outcome): boolean {
      const { op, user, host } = request as ExtauthRequest;
      const ms = Math.round((performance.now() - started) * 1000) / 1000;
      log.info({ op, user, host, ok, ...outcome, ms }, ok ? "accepted" : "refused");
      return ok;
    }
  };
}

function decide(request: ExtauthRequest, verifier: Verifier): Outcome | Promise<Outcome> {
  const { op, user, host, password } = request;
  switch (op) {
    case "auth": {
      const decision = verifier.verify({ user, host, password });
      return decision instanceof Promise ? decision.then(summary) : summary(decision);
    }
    case "isuser":
      return { ok: verifier.userExists(user, host) };
    default:
      return { ok: false, reason: "not-supported" };
  }
}

function summary(decision: Decision): Outcome {
  if (!decision.ok) return decision;
  return { ok: true, key: decision.key, format: decision.format };
}
