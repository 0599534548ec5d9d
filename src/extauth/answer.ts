import type { Verifier } from "../verify/index.ts";
import type { Log } from "./log.ts";
import { parseRequest } from "./request.ts";

/** Answers one payload, yes or no. */
export type Answer = (payload: Buffer) => boolean;

/** Answers requests with a verifier's decisions and logs each, without its password. */
export function answerWith(verifier: Pick<Verifier, "verify" | "isUser">, log: Log): Answer {
  return (payload) => {
    const started = performance.now();
    const request = parseRequest(payload);
    if (!request) {
      log.warn({ bytes: payload.length }, "refused: not a request");
      return false;
    }
    const { op, user, host, password } = request;
    const { ok, ...outcome } = decide();
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    log.info({ op, user, host, ok, ...outcome, ms }, ok ? "accepted" : "refused");
    return ok;

    function decide(): { ok: boolean; reason?: string; key?: string; format?: string } {
      switch (op) {
        case "auth": {
          const decision = verifier.verify({ user, host, password });
          if (!decision.ok) return decision;
          return { ok: true, key: decision.key, format: decision.format };
        }
        case "isuser":
          return { ok: verifier.isUser(user, host) };
        default:
          return { ok: false, reason: "not-supported" };
      }
    }
  };
}
