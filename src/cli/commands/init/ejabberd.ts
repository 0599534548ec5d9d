import { basename } from "node:path";
import {
  doctorFromOutsideStep,
  doctorStep,
  type Setup,
  type Step,
  testLoginHereStep,
  testLoginStep,
} from "./steps.ts";

/** Owner of the configuration: ejabberd starts the program as its own user. */
export const ejabberdUser = "ejabberd";

const listeners: Step = [
  "and into each listener with module: ejabberd_c2s",
  `starttls_required: true # but not where it has tls: true
max_stanza_size: 65536`,
];

/** Steps that make ejabberd ask `mayfly extauth`, with the lines of `ejabberd/ejabberd.yml`. */
export function ejabberdSteps(setup: Setup): Step[] {
  const { host, config, program, home } = setup;
  const module = `${home}/ejabberd/mod_mayfly`;
  return [
    [
      "Install mod_mayfly, which limits logins, before ejabberd.yml names it",
      `modules=/var/lib/ejabberd/.ejabberd-modules
install -d $modules/mod_mayfly/ebin
erlc -o $modules/mod_mayfly/ebin ${module}/src/*.erl
cp ${module}/mod_mayfly.spec $modules/mod_mayfly/`,
    ],
    [
      "Put this into ejabberd.yml, replacing options of the same name",
      `hosts:
  - ${host}
auth_method: [external]
auth_use_cache: false
extauth_program: "${program} extauth --config ${config}"
extauth_pool_size: 2
disable_sasl_mechanisms: ["X-OAUTH2"]
trusted_proxies: ["127.0.0.1", "::1"] # or the address of the proxy before it`,
    ],
    ["and add this under modules:, keeping the other modules", "mod_mayfly: {}"],
    listeners,
    [
      "and into the listener with module: mod_mqtt, or remove that listener if MQTT is not used",
      `tls: true
max_payload_size: 65000`,
    ],
    ["Restart ejabberd", "systemctl restart ejabberd"],
    testLoginStep(ejabberdUser, setup),
    doctorStep("--ejabberd-config /etc/ejabberd/ejabberd.yml", setup),
  ];
}

/**
 * Steps that make ejabberd verify by itself, with mod_mayfly and the key, on a machine without Mayfly
 * and Node, with the lines of `ejabberd/ejabberd-native.yml`.
 */
export function nativeEjabberdSteps(setup: Setup): Step[] {
  const { host, home, secret } = setup;
  const key = basename(secret);
  return [
    [
      "Copy the module and the key to the machine with ejabberd, which needs no Node",
      `scp -r ${home}/ejabberd/mod_mayfly ${secret} root@${host}:`,
    ],
    [
      "There, as root, install both",
      `modules=/var/lib/ejabberd/.ejabberd-modules
install -d $modules/mod_mayfly/ebin
erlc -o $modules/mod_mayfly/ebin mod_mayfly/src/*.erl
cp mod_mayfly/mod_mayfly.spec $modules/mod_mayfly/
install -d -m 750 -g ejabberd /etc/mayfly
install -m 400 -o ejabberd ${key} /etc/mayfly/
rm ${key}`,
    ],
    [
      "Put this into ejabberd.yml, replacing options of the same name",
      `hosts:
  - ${host}
auth_method: [mayfly]
disable_sasl_mechanisms: ["X-OAUTH2"]
trusted_proxies: ["127.0.0.1", "::1"] # or the address of the proxy before it`,
    ],
    [
      "and add this under modules:, keeping the other modules",
      `mod_mayfly:
  secret_files: [/etc/mayfly/${key}]
  max_ttl: 24h`,
    ],
    listeners,
    ["Restart ejabberd", "systemctl restart ejabberd"],
    testLoginHereStep(setup),
    doctorFromOutsideStep(setup),
  ];
}
