/** The severity, reason and fix that findings of one code share. */
export interface Remedy {
  severity: Severity;
  /** Why it matters. */
  why: string;
  /** The setting or command that fixes it, for each server where they differ. */
  fix: string | Record<Kind, string>;
}

/** An error breaks logins or lets the wrong ones in; a warning may do so later. */
export type Severity = "error" | "warning";

/** The server's software, which decides what its settings are called. */
export type Kind = "ejabberd" | "prosody";

/** Finding codes with their texts. */
export type Remedies = Record<string, Remedy>;

export const modAuthMayfly = 'authentication = "mayfly"';
export const extauthProgram =
  'extauth_program: "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml"';
export const runSelfTest = "mayfly selftest --user ejabberd -- 'THE extauth_program'";
