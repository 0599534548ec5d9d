import type { KeyInput } from "mayfly";
import type { Certificate } from "../../test/support/machine/certificate.ts";
import { type Coturn, startCoturn } from "../../test/support/servers/coturn.ts";
import { type Ejabberd, startEjabberd } from "../../test/support/servers/ejabberd.ts";
import { type Kamailio, startKamailio } from "../../test/support/servers/kamailio.ts";

/** What the servers of a call have to know. */
export interface ServersOptions {
  host: string;
  key: KeyInput & { secret: string };
  /** The pages that may connect. */
  origins: [string, string];
  /** The certificate to show; one of their own, when left out. */
  certificate?: Certificate;
}

/** The three servers of a call. */
export interface Servers {
  ejabberd: Ejabberd;
  kamailio: Kamailio;
  coturn: Coturn;
}

/** Starts the three servers of a call, privately on loopback. All that they share is the key. */
export function startServers({ host, key, origins, ...shown }: ServersOptions): {
  ready: Promise<Servers>;
  /** Stops those that run, and those that are starting. */
  stop(): Promise<void>;
} {
  const options = { websocket_origin: origins };
  const secrets = [key.secret];
  // All is on loopback here. On a server of yours leave these out: the sample denies such peers.
  const more = ["allow-loopback-peers", "allowed-peer-ip=127.0.0.1"];
  const starting = [
    startEjabberd({ hosts: [host], mayfly: { keys: [key] }, options, ...shown }),
    startKamailio({ secrets, domains: [host], origins, ...shown }),
    startCoturn({ secrets, more }),
  ] as const;
  return {
    ready: Promise.all(starting).then(([ejabberd, kamailio, coturn]) => ({
      ejabberd,
      kamailio,
      coturn,
    })),
    async stop() {
      const started = await Promise.allSettled(starting);
      await Promise.all(started.map((it) => it.status === "fulfilled" && it.value.stop()));
    },
  };
}

/** Where a relay is, for a page of this machine. */
export function turnUrisOf({ udp, tcp }: Coturn): string[] {
  return [udp, tcp].map(({ port, transport }) => `turn:127.0.0.1:${port}?transport=${transport}`);
}
