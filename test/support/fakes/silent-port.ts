import { once } from "node:events";
import { createServer } from "node:net";

/** Listens where a server was, and answers nobody. */
export interface Trap {
  /** How many connections have come. */
  caught(): number;
  close(): Promise<void>;
}

/** Listens at the address of a server that is down. */
export async function spring(url: string): Promise<Trap> {
  let caught = 0;
  const server = createServer((socket) => {
    caught++;
    socket.resetAndDestroy();
  });
  const { hostname, port } = new URL(url);
  server.listen(Number(port), hostname);
  await once(server, "listening");
  return {
    caught: () => caught,
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
