/** What is wrong although the configuration is valid. */
export interface Problem {
  /** `error` for what refuses logins now. */
  severity: "error" | "warning";
  /** A sentence without its end. */
  what: string;
  fix: string;
}
