import type { ExtauthRequest } from "./request.ts";

/** What came of a request, for the log and for counters. */
export interface RequestOutcome {
  op: ExtauthRequest["op"] | "nonsense";
  ok: boolean;
  reason?: string | undefined;
  user?: string | undefined;
  host?: string | undefined;
  key?: string | undefined;
  format?: string | undefined;
  /** Milliseconds. */
  ms: number;
}
