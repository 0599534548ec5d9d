/** Values for the set-up steps. Paths are absolute and need no quoting. */
export interface Setup {
  host: string;
  /** The `mayfly.yml`. */
  config: string;
  /** File of the key's secret. */
  secret: string;
  /** Path of the running `mayfly`. */
  program: string;
  /** Folder of its package. */
  home: string;
  /** Whether Debian's package has put the unit and Prosody's module in place. */
  isPackaged: boolean;
}

/** One set-up step: its description, and the lines to run or to write. */
export type Step = readonly [what: string, lines: string];

/** Formats steps for people; lines to copy are indented by four spaces. */
export function guide(steps: readonly Step[]): string {
  return steps
    .map(([what, lines]) => `${what}:\n\n${lines.replace(/^(?=.)/gm, "    ")}\n`)
    .join("\n");
}

/** Mints a test credential as the user that runs the verifier, so that a wrong file mode shows now. */
export function testLoginStep(user: string, { host, config, program }: Setup): Step {
  const mint = `${program} mint alice@${host} --ttl 10m --config ${config}`;
  const what = `Then test a login. This prints a password for alice@${host}, to log in with over TLS`;
  return [what, `su -s /bin/sh ${user} -c 'cd / && ${mint}'`];
}

/** Mints a test credential as the owner of the key. */
export function testLoginHereStep({ host, config, program }: Setup): Step {
  const mint = `${program} mint alice@${host} --ttl 10m --config ${config}`;
  return [
    `Then test a login. This prints a password for alice@${host}, to log in with over TLS`,
    mint,
  ];
}

/** Runs doctor over the network only, because the server is on another machine. */
export function doctorFromOutsideStep({ host, config, program }: Setup): Step {
  const doctor = `${program} doctor xmpp://${host} --jid alice@${host} --config ${config}`;
  return ["Last, check the set-up from here", doctor];
}

/** Runs doctor over TCP, which every server offers, and on the server's files. */
export function doctorStep(files: string, { host, config, program }: Setup): Step {
  const doctor = `${program} doctor xmpp://${host} --jid alice@${host}`;
  const what = "Last, as root, check the set-up and the server's files";
  return [what, `${doctor} --config ${config} ${files}`];
}
