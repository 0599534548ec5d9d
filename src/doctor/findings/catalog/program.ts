import { type Remedies, runSelfTest } from "../remedy.ts";

/** The program or module that the server verifies with. */
export const programFindings = {
  program: {
    severity: "error",
    why: "every login fails while the server cannot ask the program",
    fix: {
      ejabberd: `${runSelfTest} names the cause`,
      prosody: "systemctl enable --now mayfly, with Group=prosody; mayfly_socket names its socket",
    },
  },
  module: {
    severity: "error",
    why: "Prosody cannot load a module that it does not find, and offers no login",
    fix: 'plugin_paths = { "THE FOLDER THAT HOLDS mod_auth_mayfly" }',
  },
  "secret-file": {
    severity: "error",
    why: "Prosody does not load the module without its secrets, and offers no login",
    fix: 'mayfly_secret_files = { "THE KEY FILE" }, which Prosody\'s user may read',
  },
  "not-started": {
    severity: "error",
    why: "ejabberd starts each process 22 times, and then gives the program up until ejabberd is restarted",
    fix: "correct what the program reports, then restart ejabberd: reload_config does not help",
  },
  "wrong-reply": {
    severity: "error",
    why: "each reply is four bytes: with one byte too many, each login gets the answer to another",
    fix: "write nothing but replies to standard output",
  },
  configuration: {
    severity: "error",
    why: "the program refuses every login until its configuration is corrected",
    fix: "correct the file: the program reloads it by itself",
  },
  environment: {
    severity: "error",
    why: "ejabberd starts the program with little of what a login shell has",
    fix: "write absolute paths",
  },
  log: {
    severity: "warning",
    why: "the program cannot record why it refuses a login",
    fix: "install -d -o ejabberd /var/log/mayfly, or another log: { file: … }",
  },
  "slow-start": {
    severity: "warning",
    why: "logins wait while ejabberd starts",
    fix: "mayfly extauth, or mayfly-extauth.mjs, which starts faster",
  },
  lingers: {
    severity: "warning",
    why: "each restart of ejabberd leaves a process behind",
    fix: "let the program exit at the end of its standard input",
  },
  hidden: {
    severity: "warning",
    why: "the program works by hand, but under systemd ejabberd cannot see it",
    fix: "install it below /usr, /opt or /etc",
  },
} satisfies Remedies;
