import type { Kind, Severity } from "./finding.ts";

/** What is always the same about a finding. */
interface Remedy {
  severity: Severity;
  why: string;
  fix: string | Record<Kind, string>;
}

const stanzaLimit = "max_stanza_size: 65536 at the ejabberd_c2s listener";
const modAuthMayfly = 'authentication = "mayfly"';

/** Every code, with why it matters and what mends it. */
export const remedies = {
  unreachable: {
    severity: "error",
    why: "nobody can log in where nothing answers",
    fix: "check host, port and path of the URL, that the server runs, and the firewall",
  },
  "no-answer": {
    severity: "error",
    why: "who logs in waits, and so do those behind",
    fix: {
      ejabberd: "mayfly selftest --user ejabberd -- 'THE extauth_program'; its log has the reason",
      prosody: "systemctl restart mayfly; its log has the reason, Prosody's log that it waits",
    },
  },
  certificate: {
    severity: "error",
    why: "nobody can tell that this is the server: clients refuse, and nothing more was sent",
    fix: {
      ejabberd:
        "certfiles: [FULLCHAIN.pem, KEY.pem] of a CA that clients trust; with a CA of your own: --ca FILE",
      prosody:
        "prosodyctl cert import, of a CA that clients trust; with a CA of your own: --ca FILE",
    },
  },
  "no-tls": {
    severity: "error",
    why: "a credential is sent as it is: without TLS it is not sent at all",
    fix: {
      ejabberd: "certfiles: and starttls_required: true at the ejabberd_c2s listener",
      prosody: 'certificates = "/etc/prosody/certs" and "tls" in modules_enabled',
    },
  },
  host: {
    severity: "error",
    why: "nobody of that host can log in here",
    fix: {
      ejabberd: "name the host under hosts:, or give --jid one of the server's hosts",
      prosody: 'write VirtualHost "the host", or give --jid one of the server\'s hosts',
    },
  },
  "no-plain": {
    severity: "error",
    why: "minted credentials are presented by PLAIN",
    fix: {
      ejabberd: "auth_method: [external], and no PLAIN in disable_sasl_mechanisms",
      prosody: `${modAuthMayfly}, and no PLAIN in disable_sasl_mechanisms`,
    },
  },
  "plain-without-tls": {
    severity: "error",
    why: "who listens on the network can read a credential, and use it while it lives",
    fix: {
      ejabberd: "starttls_required: true at the ejabberd_c2s listener",
      prosody: "c2s_require_encryption = true, and no allow_unencrypted_plain_auth",
    },
  },
  "auth-method": {
    severity: "warning",
    why: "another way in beside Mayfly: clients prefer it, and its passwords do not expire",
    fix: { ejabberd: "auth_method: [external]", prosody: modAuthMayfly },
  },
  program: {
    severity: "error",
    why: "without the program nobody can log in",
    fix: {
      ejabberd: "mayfly selftest --user ejabberd -- 'THE extauth_program' says why",
      prosody: "systemctl enable --now mayfly, with Group=prosody; mayfly_socket names its socket",
    },
  },
  "secret-mismatch": {
    severity: "error",
    why: "what is minted with this key opens nothing",
    fix: {
      ejabberd:
        "the same key on both sides (mayfly keys list); if they are: mayfly selftest --user ejabberd -- 'THE extauth_program'",
      prosody:
        "the same key on both sides (mayfly keys list); the log of mayfly serve names the reason",
    },
  },
  "user-refused": {
    severity: "warning",
    why: "this user stays out, though others get in",
    fix: "if revoked: wait for max_ttl, or mint a JWT; if banned: unban",
  },
  "auth-cache": {
    severity: "error",
    why: "the last password is remembered: expired ones still log in, and fresh ones are refused",
    fix: { ejabberd: "auth_use_cache: false", prosody: modAuthMayfly },
  },
  "expired-accepted": {
    severity: "error",
    why: "a credential that leaks opens the account for ever",
    fix: {
      ejabberd: 'extauth_program: "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml"',
      prosody: modAuthMayfly,
    },
  },
  "tampered-accepted": {
    severity: "error",
    why: "anybody can log in as anybody",
    fix: {
      ejabberd:
        'auth_method: [external]; extauth_program: "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml"',
      prosody: modAuthMayfly,
    },
  },
  identity: {
    severity: "error",
    why: "whoever has a credential of their own can be somebody else",
    fix: {
      ejabberd: 'disable_sasl_mechanisms: ["X-OAUTH2"], and extauth_program: mayfly extauth',
      prosody: modAuthMayfly,
    },
  },
  "x-oauth2-offered": {
    severity: "error",
    why: "ejabberd's X-OAUTH2 takes its own tokens alone, and lets their owner be somebody else",
    fix: {
      ejabberd: 'disable_sasl_mechanisms: ["X-OAUTH2"]',
      prosody: modAuthMayfly,
    },
  },
  clock: {
    severity: "error",
    why: "credentials end by the server's clock: too early, or too late",
    fix: "run chrony or systemd-timesyncd on both machines; hosts: … leeway: evens out seconds",
  },
  "stanza-limit": {
    severity: "warning",
    why: "a longer password is cut off before it is checked: a JWT with many claims cannot log in",
    fix: { ejabberd: stanzaLimit, prosody: "c2s_unauthed_stanza_size_limit = 65536" },
  },
  isuser: {
    severity: "warning",
    why: "messages to who is offline are lost, and so may be archives and contact requests",
    fix: {
      ejabberd:
        "users: any for the host in the program's mayfly.yml, and a restart of ejabberd with auth_use_cache: false",
      prosody: "users: any for the host in the program's mayfly.yml",
    },
  },
  "fast-outlives": {
    severity: "warning",
    why: "after one login FAST hands out a token of its own that is good for weeks, revoked or not",
    fix: {
      ejabberd: "leave mod_auth_fast out, or set its token_lifetime as short as you mint",
      prosody: "leave sasl2_fast out, or set sasl2_fast_token_ttl as short as you mint",
    },
  },
  "deprecated-option": {
    severity: "warning",
    why: "it has no effect any more, or goes by another name",
    fix: { ejabberd: "auth_use_cache: false", prosody: "leave it out" },
  },
  "secrets-readable": {
    severity: "error",
    why: "whoever has an account on the machine can mint for anybody",
    fix: "chmod o= FILE",
  },
  "pool-size": {
    severity: "warning",
    why: "each copy of the program takes about 50 MB, for each host; two answer thousands a second",
    fix: { ejabberd: "extauth_pool_size: 2", prosody: "mayfly_connections = 4" },
  },
  "mod-register": {
    severity: "warning",
    why: "ejabberd says that a password was changed, or an account made, where nothing was",
    fix: { ejabberd: "leave mod_register out", prosody: 'leave "register" out' },
  },
  "debug-log": {
    severity: "warning",
    why: "at this level the server writes what clients send to its log: credentials too",
    fix: { ejabberd: "loglevel: info", prosody: "log = { info = … }" },
  },
  "no-session": {
    severity: "error",
    why: "who has logged in can do nothing",
    fix: "the server's log has the reason: a limit of sessions, or rules for who may have one",
  },
  config: {
    severity: "error",
    why: "the server cannot read it either",
    fix: "mend the line",
  },
  "not-started": {
    severity: "error",
    why: "ejabberd tries 22 times for each copy, and then gives the program up until it is restarted",
    fix: "mend what it says, then restart ejabberd: reload_config does not help",
  },
  "wrong-reply": {
    severity: "error",
    why: "each reply is four bytes: one too many, and each login gets the answer to another",
    fix: "nothing but replies may go to standard output",
  },
  configuration: {
    severity: "error",
    why: "until that is mended, the program answers no to everybody",
    fix: "mend the file: the program follows by itself",
  },
  environment: {
    severity: "error",
    why: "ejabberd starts the program with little of what a login shell has",
    fix: "write whole paths",
  },
  log: {
    severity: "warning",
    why: "why a login is refused is then nowhere to be read",
    fix: "install -d -o ejabberd /var/log/mayfly, or another log: { file: … }",
  },
  "slow-start": {
    severity: "warning",
    why: "logins wait while ejabberd starts",
    fix: "mayfly extauth, or mayfly-extauth.mjs, which starts sooner",
  },
  lingers: {
    severity: "warning",
    why: "each restart of ejabberd leaves a process behind",
    fix: "the program has to exit at the end of its standard input",
  },
  hidden: {
    severity: "warning",
    why: "under systemd the program is not there, though it is by hand",
    fix: "install it below /usr, /opt or /etc",
  },
  module: {
    severity: "error",
    why: "Prosody cannot load what it does not find, and offers no login",
    fix: 'plugin_paths = { "THE FOLDER THAT HOLDS mod_auth_mayfly" }',
  },
} satisfies Record<string, Remedy>;

/** The name of a finding. */
export type Code = keyof typeof remedies;
