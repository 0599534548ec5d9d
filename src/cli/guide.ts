/** What a setting up is about. Its paths are absolute, and need no quotes anywhere. */
export interface Setup {
  host: string;
  /** The `mayfly.yml`. */
  config: string;
  /** The `mayfly` that runs here. */
  program: string;
  /** The folder of the package that it is in. */
  home: string;
}

/** Something to do: what it is, and the lines to run or to write. */
export type Step = readonly [what: string, lines: string];

/** Steps for people to read: what is to be copied stands four spaces in. */
export function guide(steps: readonly Step[]): string {
  return steps
    .map(([what, lines]) => `${what}:\n\n${lines.replace(/^(?=.)/gm, "    ")}\n`)
    .join("\n");
}

/** Mints something to log in with, as the user who will verify it: a wrong file mode shows now. */
export function tryIt(user: string, { host, config, program }: Setup): Step {
  const mint = `${program} mint alice@${host} --ttl 10m --config ${config}`;
  const what = `Then try it. This prints a password for alice@${host}, to log in with over TLS`;
  return [what, `su -s /bin/sh ${user} -c 'cd / && ${mint}'`];
}

/** Has the whole of it looked at, over the way that every server has. */
export function examineIt(files: string, { host, config, program }: Setup): Step {
  const doctor = `${program} doctor xmpp://${host} --jid alice@${host}`;
  const what = "Last, as root, have it examined, from outside and in its files";
  return [what, `${doctor} --config ${config} ${files}`];
}
