import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../machine/certificate.ts";
import { freePorts } from "../machine/ports.ts";
import { allocation, type TurnAddress } from "../sip/turn-client.ts";
import { runServer, startOnFreePorts } from "./private-server.ts";

const sample = new URL("../../../coturn/turnserver.conf", import.meta.url);

/** What to start. */
export interface CoturnOptions {
  /** In the place of the sample's; with none, the database is asked for them. */
  secrets: string[];
  /** Lines put behind those of the sample. */
  more?: string[];
}

/** A running private coturn. */
export interface Coturn {
  /** What it calls itself, such as `4.6.1`. */
  version: string;
  udp: TurnAddress;
  tcp: TurnAddress;
  tls: TurnAddress;
  /** The file of its database. */
  database: string;
  /** What it has logged so far. */
  logged(): string;
  stop(): Promise<void>;
}

/**
 * Starts a private coturn from `coturn/turnserver.conf`: own folder and database, free loopback
 * ports; it takes requests when this resolves, and ends with the process that started it.
 */
export function startCoturn(options: CoturnOptions): Promise<Coturn> {
  return startOnFreePorts(() => startOnce(options));
}

async function startOnce({ secrets, more = [] }: CoturnOptions): Promise<Coturn> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-coturn-"));
  const [port, tlsPort] = (await freePorts(2)) as [number, number];
  const certificate = makeCertificate(folder, ["example.org"]);
  const database = join(folder, "turndb");
  const log = join(folder, "turn.log");
  const config = join(folder, "turnserver.conf");
  const changed = {
    "listening-port": [port],
    "tls-listening-port": [tlsPort],
    cert: [certificate.file],
    pkey: [certificate.file],
    "static-auth-secret": secrets,
    syslog: [],
  };
  const own = [
    ...["listening-ip=127.0.0.1", "relay-ip=127.0.0.1"],
    ...[`userdb=${database}`, `pidfile=${join(folder, "turn.pid")}`],
    ...[`log-file=${log}`, "simple-log", "no-stdout-log"],
  ];
  const lines = [...change(readFileSync(sample, "utf8"), changed), ...own, ...more];
  writeFileSync(config, lines.join("\n"), { mode: 0o600 });

  const udp: TurnAddress = { port, transport: "udp" };
  const { stop } = await runServer(folder, ["turnserver", "-c", config], {
    ports: [port, tlsPort],
    // Where somebody has the UDP port, coturn goes on without it.
    ask: () => allocation(udp, { username: "nobody", password: "" }),
  });
  const logged = () => readFileSync(log, "utf8");
  return {
    ...{ version: /Coturn-([\d.]+)/.exec(logged())?.[1] ?? "unknown", database, logged, stop, udp },
    tcp: { port, transport: "tcp" },
    tls: { port: tlsPort, transport: "tls", ca: certificate.pem },
  };
}

/** The lines of a configuration, with other values of these options, which it must have. */
function change(text: string, changed: Record<string, unknown[]>): string[] {
  const lines = text.split("\n");
  const names = lines.map((line) => line.split("=")[0] ?? "");
  const missing = Object.keys(changed).filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`${sample} has no line for ${missing}`);
  const others = Object.entries(changed).flatMap(([name, values]) =>
    values.map((value) => `${name}=${value}`),
  );
  return [...lines.filter((_, index) => !((names[index] ?? "") in changed)), ...others];
}
