import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, makeCertificate } from "../machine/certificate.ts";
import { freePorts } from "../machine/ports.ts";
import { headerOf } from "../sip/messages.ts";
import { pickUp, type SipAddress } from "../sip/phone.ts";
import { runServer, startOnFreePorts } from "./private-server.ts";

/** The algorithms of secrets, as `sha_algorithm` numbers them. */
export const shaAlgorithms = ["sha1", "sha256", "sha384", "sha512"] as const;

const sampleOf = (name: string) =>
  readFileSync(new URL(`../../../kamailio/${name}`, import.meta.url), "utf8");

/** What to start. */
export interface KamailioOptions {
  /** In the place of the sample's. */
  secrets: string[];
  /** In the place of the sample's. @defaultValue `example.org` */
  domains?: string[];
  /** The algorithm of the secrets. @defaultValue `sha1`, as in the sample */
  algorithm?: (typeof shaAlgorithms)[number];
  /** The origins of pages, in the place of those of `websocket.cfg`; without it there is no WebSocket. */
  origins?: [string, string];
  /** The certificate to show; one of its own, when left out. */
  certificate?: Certificate;
}

/** A running private Kamailio. */
export interface Kamailio {
  /** What it calls itself, such as `5.6.3`. */
  version: string;
  udp: SipAddress;
  tls: SipAddress;
  /** For a WebSocket, where there is one. */
  url: string;
  /** What it has logged so far. */
  logged(): string;
  stop(): Promise<void>;
}

/**
 * Starts a private Kamailio from `kamailio/kamailio.cfg`: own folder, free loopback ports; it answers
 * when this resolves, and ends with the process that started it.
 */
export function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  return startOnFreePorts(() => startOnce(options));
}

async function startOnce(options: KamailioOptions): Promise<Kamailio> {
  const { secrets, domains = ["example.org"], algorithm = "sha1", origins } = options;
  const folder = mkdtempSync(join(tmpdir(), "mayfly-kamailio-"));
  const [port, tlsPort] = (await freePorts(2)) as [number, number];
  const { certificate = makeCertificate(folder, domains) } = options;
  const config = join(folder, "kamailio.cfg");
  const settings = sampleOf("kamailio.cfg")
    .replace(/^alias=.*\n/m, domains.map((domain) => `alias="${domain}"\n`).join(""))
    .replaceAll("192.0.2.1:5060", `127.0.0.1:${port}`)
    .replace("192.0.2.1:5061", `127.0.0.1:${tlsPort}`)
    .replaceAll(/\/etc\/kamailio\/\w+\.pem/g, certificate.file)
    .replace(/^(modparam\("auth_ephemeral", "secret", .*\n)+/m, () => secrets.map(line).join(""))
    .replace(/("sha_algorithm", )0/, `$1${shaAlgorithms.indexOf(algorithm)}`);
  writeFileSync(config, settings, { mode: 0o600 });
  if (origins) {
    const webSocket = sampleOf("websocket.cfg").split(/"https:[^"]+"/);
    if (webSocket.length !== 3) throw new Error("websocket.cfg names other than two origins");
    const [before, between, after] = webSocket;
    const [one, other] = origins;
    writeFileSync(join(folder, "websocket.cfg"), `${before}"${one}"${between}"${other}"${after}`);
    appendFileSync(config, 'include_file "websocket.cfg"\n'); // as its README says
  }

  const memory = ["-m", "32", "-M", "4"];
  const own = ["-P", join(folder, "kamailio.pid"), "-Y", folder, "-w", folder];
  const command = ["kamailio", "-f", config, "-DD", "-E", ...own, ...memory];
  const udp: SipAddress = { port, transport: "udp" };
  let version = "";
  const { said, stop } = await runServer(folder, command, {
    ports: [port, tlsPort],
    ask: async () => {
      version = await versionAt(udp);
    },
  });
  const tls: SipAddress = { port: tlsPort, transport: "tls", ca: certificate.pem };
  const url = `wss://localhost:${tlsPort}`;
  return { version, udp, tls, url, logged: said, stop };
}

function line(secret: string): string {
  return `modparam("auth_ephemeral", "secret", "${secret}")\n`;
}

async function versionAt(address: SipAddress): Promise<string> {
  const phone = await pickUp(address, { aor: "nobody@127.0.0.1" });
  try {
    const answer = await phone.ask("OPTIONS", { uri: `sip:127.0.0.1:${address.port}` });
    return /kamailio \(([\d.]+)/.exec(headerOf(answer, "Server"))?.[1] ?? "unknown";
  } finally {
    phone.hangUp();
  }
}
