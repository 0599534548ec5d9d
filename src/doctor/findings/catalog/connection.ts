import { type Remedies, runSelfTest } from "../remedy.ts";

/** Reaching the server: address, TLS, and an answer in time. */
export const connectionFindings = {
  unreachable: {
    severity: "error",
    why: "no client can log in while the server does not answer",
    fix: "check host, port and path of the URL, that the server runs, and the firewall",
  },
  "no-answer": {
    severity: "error",
    why: "the user waits, and logins behind this one wait too",
    fix: {
      ejabberd: `${runSelfTest}; the program's log has the reason`,
      prosody:
        "systemctl restart mayfly; its log has the reason, Prosody's log says that logins wait",
    },
  },
  certificate: {
    severity: "error",
    why: "clients cannot verify that this is the server and refuse to log in; doctor sent it no credential",
    fix: {
      ejabberd:
        "certfiles: [FULLCHAIN.pem, KEY.pem] of a CA that clients trust; with a CA of your own: --ca FILE",
      prosody:
        "prosodyctl cert import, of a CA that clients trust; with a CA of your own: --ca FILE",
    },
  },
  "no-tls": {
    severity: "error",
    why: "a credential travels in clear text without TLS, so doctor and Mayfly's clients do not send it",
    fix: {
      ejabberd: "certfiles: and starttls_required: true at the ejabberd_c2s listener",
      prosody: 'certificates = "/etc/prosody/certs" and "tls" in modules_enabled',
    },
  },
  "plain-without-tls": {
    severity: "error",
    why: "an eavesdropper on the network can read a credential, and use it until it expires",
    fix: {
      ejabberd: "starttls_required: true at the ejabberd_c2s listener",
      prosody: "c2s_require_encryption = true, and no allow_unencrypted_plain_auth",
    },
  },
  clock: {
    severity: "error",
    why: "credentials expire by the server's clock: too early or too late",
    fix: "run chrony or systemd-timesyncd on both machines; hosts: … leeway: tolerates seconds",
  },
  "no-session": {
    severity: "error",
    why: "a user without a session can do nothing",
    fix: "the server's log has the reason: a limit of sessions, or rules about who may have one",
  },
} satisfies Remedies;
