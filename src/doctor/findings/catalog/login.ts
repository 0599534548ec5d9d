import { extauthProgram, modAuthMayfly, type Remedies, runSelfTest } from "../remedy.ts";

/** What the server accepts and refuses. */
export const loginFindings = {
  host: {
    severity: "error",
    why: "users of this host cannot log in here",
    fix: {
      ejabberd: "add the host under hosts:, or give --jid one of the server's hosts",
      prosody: 'add VirtualHost "THE HOST", or give --jid one of the server\'s hosts',
    },
  },
  "no-plain": {
    severity: "error",
    why: "clients present minted credentials by PLAIN",
    fix: {
      ejabberd: "auth_method: [external], and no PLAIN in disable_sasl_mechanisms",
      prosody: `${modAuthMayfly}, and no PLAIN in disable_sasl_mechanisms`,
    },
  },
  "auth-method": {
    severity: "warning",
    why: "another login method beside Mayfly: clients prefer it, and its passwords do not expire",
    fix: { ejabberd: "auth_method: [external]", prosody: modAuthMayfly },
  },
  "secret-mismatch": {
    severity: "error",
    why: "the server refuses every credential minted with this key",
    fix: {
      ejabberd: `use the same key on both sides (mayfly keys list); if they are the same: ${runSelfTest}`,
      prosody:
        "use the same key on both sides (mayfly keys list); the log of mayfly serve names the reason",
    },
  },
  "user-refused": {
    severity: "warning",
    why: "the server refuses this user, and accepts others",
    fix: "if revoked: wait for max_ttl, or mint a JWT; if banned: unban",
  },
  "auth-cache": {
    severity: "error",
    why: "the server remembers the last password: it accepts expired ones, and refuses fresh ones",
    fix: { ejabberd: "auth_use_cache: false", prosody: modAuthMayfly },
  },
  "expired-accepted": {
    severity: "error",
    why: "a leaked credential opens the account for ever",
    fix: { ejabberd: extauthProgram, prosody: modAuthMayfly },
  },
  "tampered-accepted": {
    severity: "error",
    why: "anyone can log in as any user",
    fix: { ejabberd: `auth_method: [external]; ${extauthProgram}`, prosody: modAuthMayfly },
  },
  identity: {
    severity: "error",
    why: "a user with a credential can log in as another user",
    fix: {
      ejabberd: 'disable_sasl_mechanisms: ["X-OAUTH2"], and extauth_program: mayfly extauth',
      prosody: modAuthMayfly,
    },
  },
  "x-oauth2-offered": {
    severity: "error",
    why: "ejabberd's X-OAUTH2 accepts only ejabberd's own tokens, and lets their owner log in as another user",
    fix: { ejabberd: 'disable_sasl_mechanisms: ["X-OAUTH2"]', prosody: modAuthMayfly },
  },
  "stanza-limit": {
    severity: "warning",
    why: "the server cuts longer passwords off before it checks them: a JWT with many claims cannot log in",
    fix: {
      ejabberd: "max_stanza_size: 65536 at the ejabberd_c2s listener",
      prosody: "c2s_unauthed_stanza_size_limit = 65536",
    },
  },
  isuser: {
    severity: "warning",
    why: "messages to offline users are lost, and archives and contact requests may be too",
    fix: {
      ejabberd:
        "users: any for the host in the program's mayfly.yml, and a restart of ejabberd with auth_use_cache: false",
      prosody: "users: any for the host in the program's mayfly.yml",
    },
  },
  "fast-outlives": {
    severity: "warning",
    why: "after one login FAST issues its own token, which is valid for weeks even if the credential is revoked",
    fix: {
      ejabberd: "leave mod_auth_fast out, or set end_fast_at_expiry: true of mod_mayfly",
      prosody: "leave sasl2_fast out, or set mayfly_end_fast_at_expiry = true",
    },
  },
  "scram-off": {
    severity: "error",
    why: "Mayfly refuses logins by SCRAM",
    fix: "scram: true at the host in mayfly.yml, or no mayfly_scram in Prosody's configuration",
  },
} satisfies Remedies;
