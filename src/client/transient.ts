import { MayflyError } from "../error.ts";

/** Common fields of the errors of many HTTP clients. */
interface Failure {
  name?: string;
  message?: string;
  code?: unknown;
  status?: unknown;
  statusCode?: unknown;
  response?: { status?: unknown };
  cause?: unknown;
}

// `fetch` throws a TypeError for a network failure, as a bug in the app's code does: only the browsers'
// messages distinguish them.
const networkMessages =
  /^(failed to fetch|fetch failed|load failed|terminated|error in (in|out)put stream|networkerror when|(a |the )?(network|internet) (error|request|connection))/i;
const networkCodes = /^(ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EPIPE|EHOST|ENET|ERR_NETWORK|UND_ERR)/;
const networkNames = /^(Abort|Network|Timeout)Error$/;

/**
 * Whether a failure to mint is transient: a network failure, a timeout, or HTTP status 408, 425, 429 or
 * 5xx; or an error with such a `cause`. A {@link MayflyError} is transient if its code is
 * `ERR_UNAVAILABLE`.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof MayflyError) return error.code === "ERR_UNAVAILABLE";
  if (!(error instanceof Error)) return false;
  const { name = "", message = "", code, status, statusCode, response, cause }: Failure = error;
  return (
    isTransientStatus(status ?? statusCode ?? response?.status) ||
    networkNames.test(name) ||
    networkMessages.test(message) ||
    networkCodes.test(String(code)) ||
    isTransient(cause)
  );
}

/** Whether an HTTP status is transient: 408, 425, 429 or 5xx. */
export function isTransientStatus(status: unknown): boolean {
  return /^(408|425|429|5\d\d)$/.test(String(status));
}
