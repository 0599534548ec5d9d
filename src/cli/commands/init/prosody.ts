import { basename } from "node:path";
import {
  doctorFromOutsideStep,
  doctorStep,
  type Setup,
  type Step,
  testLoginHereStep,
  testLoginStep,
} from "./steps.ts";

/** Owner of the configuration: `mayfly serve` reads it, Prosody does not. */
export const prosodyUser = "mayfly";

const modules = "/usr/local/lib/prosody/modules";
const unit = "/etc/systemd/system/mayfly.service";

/** Steps that make Prosody ask `mayfly serve`, with the lines of `prosody/prosody.cfg.lua`. */
export function prosodySteps(setup: Setup): Step[] {
  const { host, isPackaged } = setup;
  const settings = configuration(host, 'mayfly_socket = "/run/mayfly/extauth.sock"');
  return [
    ["Run mayfly serve beside Prosody", startUnit(setup)],
    ...(isPackaged ? [] : [installModule(setup)]),
    [
      `Write this to /etc/prosody/conf.d/${host}.cfg.lua; it applies to all of Prosody's hosts`,
      // The package has put the module where Prosody looks by itself.
      isPackaged ? settings.replace(/^plugin_paths.*\n/, "") : settings,
    ],
    restart(host),
    testLoginStep(prosodyUser, setup),
    doctorStep("--prosody-config /etc/prosody/prosody.cfg.lua", setup),
  ];
}

/**
 * Steps that make Prosody verify by itself, with mod_auth_mayfly and the key, on a machine without Mayfly
 * and Node.
 */
export function nativeProsodySteps(setup: Setup): Step[] {
  const { host, home, secret } = setup;
  const key = basename(secret);
  return [
    [
      "Copy the module and the key to the machine with Prosody, which needs no Node",
      `scp -r ${home}/prosody/mod_auth_mayfly ${secret} root@${host}:`,
    ],
    [
      "There, as root, install both",
      `mkdir -p ${modules}
cp -r mod_auth_mayfly ${modules}/
install -d -m 750 -g prosody /etc/mayfly
install -m 400 -o prosody ${key} /etc/mayfly/
rm ${key}`,
    ],
    [
      `Write this there to /etc/prosody/conf.d/${host}.cfg.lua; it applies to all of Prosody's hosts`,
      configuration(host, `mayfly_secret_files = { "/etc/mayfly/${key}" }`),
    ],
    restart(host),
    testLoginHereStep(setup),
    doctorFromOutsideStep(setup),
  ];
}

/**
 * The lines of Prosody's configuration.
 *
 * @param verifier - the line that says how credentials are verified
 */
function configuration(host: string, verifier: string): string {
  return `plugin_paths = { "${modules}" }
modules_disabled = { "register", "invites_register" } -- there are no accounts to make
authentication = "mayfly"
${verifier}
c2s_require_encryption = true
insecure_sasl_mechanisms = { "PLAIN", "LOGIN", "X-OAUTH2", "OAUTHBEARER" }
c2s_unauthed_stanza_size_limit = 65536
c2s_stanza_size_limit = 262144

VirtualHost "${host}"`;
}

function restart(host: string): Step {
  return [
    `Restart Prosody; there must be a certificate for ${host} in /etc/prosody/certs`,
    "systemctl restart prosody",
  ];
}

function installModule({ home }: Setup): Step {
  return [
    "Install Prosody's module, which connects to mayfly serve",
    `mkdir -p ${modules}
cp -r ${home}/prosody/mod_auth_mayfly ${modules}/`,
  ];
}

/** The commands that start the systemd unit, which the package may have brought. */
function startUnit(setup: Setup): string {
  const isThere = setup.isPackaged && unitChanges(setup).length === 0;
  if (isThere) return "systemctl enable --now mayfly";
  return `${writeUnit(setup)}
systemctl daemon-reload && systemctl enable --now mayfly`;
}

/** The command that copies the systemd unit, with this program's and configuration's paths. */
function writeUnit(setup: Setup): string {
  const changes = unitChanges(setup);
  const from = `${setup.home}/systemd/mayfly.service`;
  if (changes.length === 0) return `cp ${from} ${unit}`;
  return `sed '${changes.map(([its, ours]) => `s|${its}|${ours}|`).join("; ")}' ${from} > ${unit}`;
}

/** What is otherwise here than in the unit. */
function unitChanges({ config, program }: Setup): [its: string, ours: string][] {
  const paths: [string, string][] = [
    ["/usr/bin/mayfly", program],
    ["/etc/mayfly/mayfly.yml", config],
  ];
  return paths.filter(([its, ours]) => its !== ours);
}
