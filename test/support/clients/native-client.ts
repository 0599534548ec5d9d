import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ServerName } from "../machine/debian.ts";

/** An example of a native client, and how it is run. */
export interface NativeClient {
  /** The file in `examples/native/`. */
  file: string;
  /** What it needs of Debian. */
  needs: ServerName[];
  /** The port that it has, where the server has another one. */
  port: string;
  compile?: (source: string, program: string) => string[];
  run: (source: string, program: string) => string[];
}

const warnings = ["-Wall", "-Wextra", "-Werror"];
const systemCertificates = "/etc/ssl/certs/ca-certificates.crt";
const trusting = `mount --bind "$SSL_CERT_FILE" ${systemCertificates} && exec "$1"`;
const python = (source: string) => ["/usr/bin/python3", source];

/** The native clients that have an example. */
export const nativeClients = {
  slixmpp: { file: "slixmpp_login.py", needs: ["slixmpp"], port: "5222", run: python },
  aioxmpp: { file: "aioxmpp_login.py", needs: ["aioxmpp"], port: "5222", run: python },
  libstrophe: {
    file: "strophe.c",
    needs: ["gcc", "libc", "strophe"],
    port: "5222",
    compile: (source, program) => ["gcc", ...warnings, source, "-lstrophe", "-o", program],
    run: (_, program) => [program],
  },
  gloox: {
    file: "gloox.cpp",
    needs: ["gpp", "gloox"],
    port: "5222",
    compile: (source, program) => ["g++", ...warnings, source, "-lgloox", "-o", program],
    // It reads the system's certificates, so that these have to be others.
    run: (_, program) => ["unshare", "--mount", "sh", "-c", trusting, "sh", program],
  },
  mosquitto: {
    file: "mosquitto.sh",
    needs: ["mosquitto"],
    port: "8883",
    run: (source) => ["sh", source],
  },
} satisfies Record<string, NativeClient>;

/** The name of a native client. */
export type NativeName = keyof typeof nativeClients;

/** An example that is ready to run, with another address, port and certificates than it has. */
export interface ReadyClient {
  /**
   * What it prints, trimmed, or its exit status where it prints nothing.
   *
   * @param ca - the certificate that it trusts, PEM; the server's, when left out
   */
  outcome(jid: string, password: string, ca?: string): Promise<string>;
  remove(): void;
}

const examples = new URL("../../../examples/native/", import.meta.url);

/** Prepares an example for a server of this machine. */
export async function prepareNative(
  { file, port, compile, run }: NativeClient,
  server: { port: number; ca: string },
): Promise<ReadyClient> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-native-"));
  const [source, program, ca] = [file, "program", "ca.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const code = readFileSync(new URL(file, examples), "utf8");
  writeFileSync(
    source,
    code
      .replace("chat.example.com", port === "8883" ? "localhost" : "127.0.0.1")
      .replace(port, String(server.port))
      .replace(systemCertificates, ca),
  );
  const env = { PATH: "/usr/bin:/bin", HOME: folder, LANG: "C.UTF-8", SSL_CERT_FILE: ca };
  if (compile) {
    const { status, errors } = await runToEnd(compile(source, program), env);
    if (status !== 0) throw new Error(errors);
  }
  return {
    async outcome(jid, password, trusted = server.ca) {
      writeFileSync(ca, trusted);
      const credential = { XMPP_JID: jid, XMPP_PASSWORD: password };
      const { said, errors, status } = await runToEnd(run(source, program), {
        ...env,
        ...credential,
      });
      if (errors.includes(password)) throw new Error("it writes its password");
      return said.trim() || `status ${status}`;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

async function runToEnd([command = "", ...args]: string[], env: Record<string, string>) {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { said, errors, status: await ended };
}
