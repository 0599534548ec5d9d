import { examineIt, type Setup, type Step, tryIt } from "./guide.ts";

/** Whose the configuration must be: ejabberd starts the program as its own user. */
export const ejabberdUser = "ejabberd";

/** What makes ejabberd ask the program: the lines of `ejabberd/ejabberd.yml`. */
export function ejabberdSteps(setup: Setup): Step[] {
  const { host, config, program } = setup;
  return [
    [
      "Put this into ejabberd.yml, in the place of lines with the same names",
      `hosts:
  - ${host}
auth_method: [external]
auth_use_cache: false
extauth_program: "${program} extauth --config ${config}"
extauth_pool_size: 2
disable_sasl_mechanisms: ["X-OAUTH2"]`,
    ],
    [
      "and there into each listener that has module: ejabberd_c2s",
      `starttls_required: true # but not where it has tls: true
max_stanza_size: 65536`,
    ],
    [
      "and into the one that has module: mod_mqtt; or take that out, where nobody needs MQTT",
      "max_payload_size: 65000",
    ],
    ["Restart it", "systemctl restart ejabberd"],
    tryIt(ejabberdUser, setup),
    examineIt("--ejabberd-config /etc/ejabberd/ejabberd.yml", setup),
  ];
}
