import { examineIt, type Setup, type Step, tryIt } from "./guide.ts";

/** Whose the configuration must be: it is not Prosody that reads it, but `mayfly serve`. */
export const prosodyUser = "mayfly";

const modules = "/usr/local/lib/prosody/modules";
const unit = "/etc/systemd/system/mayfly.service";

/** What makes Prosody ask the program: the lines of `prosody/prosody.cfg.lua`, and what they need. */
export function prosodySteps(setup: Setup): Step[] {
  const { host, home } = setup;
  return [
    [
      "Run it beside Prosody",
      `${writeUnit(setup)}
systemctl daemon-reload && systemctl enable --now mayfly`,
    ],
    [
      "Give Prosody the module that asks it",
      `mkdir -p ${modules}
cp -r ${home}/prosody/mod_auth_mayfly ${modules}/`,
    ],
    [
      `Write this to /etc/prosody/conf.d/${host}.cfg.lua; it is for all of Prosody's hosts`,
      `plugin_paths = { "${modules}" }
modules_disabled = { "register", "invites_register" } -- there are no accounts to make
authentication = "mayfly"
mayfly_socket = "/run/mayfly/extauth.sock"
c2s_require_encryption = true
insecure_sasl_mechanisms = { "PLAIN", "LOGIN", "X-OAUTH2", "OAUTHBEARER" }
c2s_unauthed_stanza_size_limit = 65536
c2s_stanza_size_limit = 262144

VirtualHost "${host}"`,
    ],
    [
      `Restart it; there must be a certificate for ${host} in /etc/prosody/certs`,
      "systemctl restart prosody",
    ],
    tryIt(prosodyUser, setup),
    examineIt("--prosody-config /etc/prosody/prosody.cfg.lua", setup),
  ];
}

/** Copies the unit, with this program and configuration in the place of its own. */
function writeUnit({ config, program, home }: Setup): string {
  const changes = [
    ["/usr/bin/mayfly", program],
    ["/etc/mayfly/mayfly.yml", config],
  ].filter(([from, to]) => from !== to);
  const from = `${home}/systemd/mayfly.service`;
  if (changes.length === 0) return `cp ${from} ${unit}`;
  return `sed '${changes.map(([its, ours]) => `s|${its}|${ours}|`).join("; ")}' ${from} > ${unit}`;
}
