import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KeyInput } from "../../../src/keyring/index.ts";
import { makeProgram } from "../cli/socket-program.ts";
import type { Certificate } from "../machine/certificate.ts";
import { startEjabberd } from "./ejabberd.ts";
import { startProsody } from "./prosody.ts";

/** What to start. */
export interface XmppOptions {
  hosts: string[];
  keys: KeyInput[];
  certificate?: Certificate;
}

/** A running private server, whichever it is, that logs people in with what we mint. */
export interface Xmpp {
  /** Such as `ejabberd 23.01`. */
  version: string;
  /** For a WebSocket. */
  url: string;
  /** The certificate to trust, PEM. */
  ca: string;
  /** What was decided on a user so far: `ok`, or the reason of the refusal. */
  decisions(user: string): string[];
  stop(): Promise<void>;
}

const start = { ejabberd, prosody };

/** The servers that there are. */
export type XmppName = keyof typeof start;

/** Starts a server; it ends with the process that started it. */
export function startXmpp(name: XmppName, options: XmppOptions): Promise<Xmpp> {
  return start[name](options);
}

async function ejabberd({ keys, ...options }: XmppOptions): Promise<Xmpp> {
  const server = await startEjabberd({ ...options, mayfly: { keys } });
  return {
    ...server,
    version: `ejabberd ${server.version}`,
    decisions: (user) => decided(server.decisions(), user),
  };
}

async function prosody({ keys, ...options }: XmppOptions): Promise<Xmpp> {
  const log = "mayfly.log";
  const program = makeProgram({ keys, log: { file: log } });
  try {
    await program.start();
    const server = await startProsody({ ...options, socket: program.path });
    return {
      ...server,
      version: `Prosody ${server.version}`,
      decisions(user) {
        const lines = readFileSync(join(dirname(program.config), log), "utf8").trimEnd();
        return decided(
          lines.split("\n").map((line) => JSON.parse(line)),
          user,
        );
      },
      async stop() {
        await server.stop();
        await program.end();
      },
    };
  } catch (error) {
    await program.end();
    throw error;
  }
}

function decided(lines: Record<string, unknown>[], user: string): string[] {
  return lines
    .filter(({ op, ...line }) => /^(auth|check)$/.test(String(op)) && line.user === user)
    .map(({ reason = "ok" }) => String(reason));
}
