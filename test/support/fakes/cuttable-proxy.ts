import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire to a server, to be cut. */
export interface Wire {
  /** The server's address, by way of this wire. */
  url: string;
  /** Cuts every connection, without a word of TLS or XMPP to either side, and lets none through. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** Lays a wire to a server of this machine. */
export async function layWire(to: string): Promise<Wire> {
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect(Number(new URL(to).port), "127.0.0.1");
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.pipe(other);
      end
        .on("error", () => {})
        .on("close", () => {
          ends.delete(end);
          other.destroy();
        });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, cut, mend, stop };

  function cut(): void {
    isCut = true;
    for (const end of ends) end.resetAndDestroy();
  }

  function mend(): void {
    isCut = false;
  }

  async function stop(): Promise<void> {
    server.close();
    cut();
    await once(server, "close");
  }
}
