import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { FeedEvent } from "../../../src/store/index.ts";
import { frame } from "../data/frames.ts";

/** A reply of the extauth socket: its code, and the JSON behind it where there is any. */
export interface SocketReply {
  code: number;
  text: string;
}

/** An event as it is on the wire. */
export type WireEvent = { id: string; type: FeedEvent["type"] } & Record<string, unknown>;

/** A connection to the extauth socket, which asks one thing after another. */
export class SocketClient {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#wake());
  }

  async ask(request: string): Promise<SocketReply> {
    this.#socket.write(frame(request));
    for (;;) {
      const length = this.#bytes.length < 2 ? 65_536 : this.#bytes.readUInt16BE();
      if (this.#bytes.length >= 2 + length) {
        const code = this.#bytes.readUInt16BE(2);
        const text = this.#bytes.toString("utf8", 4, 2 + length);
        this.#bytes = this.#bytes.subarray(2 + length);
        return { code, text };
      }
      if (this.#socket.closed) throw new Error("the connection was closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, "close");
  }
}

/** A server that follows the feed as `mod_mayfly` and `mod_auth_mayfly` do. */
export class FollowerClient extends SocketClient {
  readonly #who: { server: string; hosts: string[] };
  cursor = "";

  constructor(path: string, server: string, hosts = ["example.org"]) {
    super(path);
    this.#who = { server, hosts };
  }

  /** Asks once; the events, once there are any or nothing has happened for a while. */
  async follow(): Promise<WireEvent[]> {
    const { code, text } = await this.ask(
      `follow:${JSON.stringify({ ...this.#who, cursor: this.cursor })}`,
    );
    if (code !== 1) throw new Error(`follow: ${code} ${text}`);
    const { cursor, events } = JSON.parse(text) as { cursor: string; events: WireEvent[] };
    this.cursor = cursor;
    return events;
  }

  /** Follows until there are events. */
  async next(): Promise<WireEvent[]> {
    for (;;) {
      const events = await this.follow();
      if (events.length > 0) return events;
    }
  }

  report(id: string, what: object): Promise<SocketReply> {
    return this.ask(`report:${JSON.stringify({ ...this.#who, id, ...what })}`);
  }
}
