import { freePorts } from "../machine/ports.ts";

/** How an ejabberd and its command find each other, without a port mapper that outlives them. */
export interface Control {
  /** The environment of the server. */
  env: Record<string, string>;
  flags: string;
}

const node = "ejabberd@localhost";

/** Chooses where an ejabberd takes commands. */
export async function withControl(): Promise<Control> {
  const [port] = await freePorts(1);
  const flags = `-setcookie mayfly -start_epmd false -erl_epmd_port ${port}`;
  const own = "-kernel inet_dist_use_interface {127,0,0,1}";
  return { env: { ERL_ZFLAGS: `-sname ${node} ${flags} ${own}` }, flags };
}

/** What `ejabberdctl` runs, for a server that it has not started: lines of a shell. */
export function ejabberdctl({ flags }: Control): string {
  const erl = `erl -sname ctl$$@localhost ${flags} -dist_listen false -hidden -noinput`;
  const libraries = process.arch === "arm64" ? "aarch64" : "x86_64";
  return `ERL_LIBS=/usr/lib/${libraries}-linux-gnu exec ${erl} -s ejabberd_ctl -extra ${node} --no-timeout "$@"`;
}
