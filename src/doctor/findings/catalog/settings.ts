import type { Remedies } from "../remedy.ts";

const trustProxy =
  'trusted_proxies: ["127.0.0.1", "::1"], or your proxy\'s address; the proxy sets X-Forwarded-For';

/** What the server's configuration and Mayfly's own files say. */
export const settingsFindings = {
  config: {
    severity: "error",
    why: "the server cannot read the file either",
    fix: "correct the line",
  },
  "oauth-outlives": {
    severity: "warning",
    why: "after one login http_oauth2 issues its own tokens, which outlive the credential even if that is revoked",
    fix: "leave http_oauth2 out, or set oauth2_access_token_ttl and oauth2_refresh_token_ttl as short as you mint",
  },
  "legacy-auth": {
    severity: "warning",
    why: "a login from before SASL (XEP-0078) is refused without a reason, and its session cannot end with its credential",
    fix: "leave legacyauth out: every current client has SASL",
  },
  "deprecated-option": {
    severity: "warning",
    why: "the option has no effect any more, or has another name now",
    fix: { ejabberd: "auth_use_cache: false", prosody: "leave it out" },
  },
  "secrets-readable": {
    severity: "error",
    why: "every account on this machine can mint for every user",
    fix: "chmod o= FILE",
  },
  "config-writable": {
    severity: "error",
    why: "every account on this machine can add a key of its own, and log in as any user",
    fix: "chmod o-w FILE",
  },
  "short-secret": {
    severity: "warning",
    why: "an attacker with one credential can guess secrets offline, as fast as their machines can",
    fix: "mayfly keys add generates a long one",
  },
  "single-use-memory": {
    severity: "warning",
    why: "with it mayfly extauth refuses every login; it is right only for a single mayfly serve",
    fix: "store: lmdb:DIR, or one mayfly serve --extauth for all",
  },
  "any-profile": {
    severity: "warning",
    why: "Jitsi and OpenTok servers that have this key too can log in to XMPP with it",
    fix: "profiles: [jitsi], [opentok] or [xmpp] at the key",
  },
  "pool-size": {
    severity: "warning",
    why: "each process of the program takes about 50 MB, for each host; two answer thousands of logins a second",
    fix: { ejabberd: "extauth_pool_size: 2", prosody: "mayfly_connections = 4" },
  },
  "mod-register": {
    severity: "warning",
    why: "ejabberd reports that it changed a password or created an account, and did neither",
    fix: { ejabberd: "leave mod_register out", prosody: 'leave "register" out' },
  },
  fail2ban: {
    severity: "error",
    why: "behind a proxy all clients have one address: after 20 refusals, of one page that retries, mod_fail2ban locks all of them out for an hour",
    fix: trustProxy,
  },
  "trusted-proxies": {
    severity: "warning",
    why: "the log has the proxy's address instead of the client's, for every login",
    fix: trustProxy,
  },
  "real-address": {
    severity: "error",
    why: "all clients have the proxy's address: mod_fail2ban bans all of them at once, and the log cannot tell them apart",
    fix: trustProxy,
  },
  "debug-log": {
    severity: "warning",
    why: "at this level the server logs what clients send, credentials included",
    fix: { ejabberd: "loglevel: info", prosody: "log = { info = … }" },
  },
  "stand-alone": {
    severity: "warning",
    why: "only mayfly serve supports what is configured here: with key files alone a server verifies MACs, and keeps no state",
    fix: {
      ejabberd: "mod_mayfly: socket: /run/mayfly/extauth.sock instead of secret_files:",
      prosody: 'mayfly_socket = "/run/mayfly/extauth.sock" instead of mayfly_secret_files',
    },
  },
} satisfies Remedies;
