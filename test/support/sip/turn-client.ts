import { createSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as secure } from "node:tls";
import {
  type Attribute,
  attribute,
  decode,
  encode,
  lengthOf,
  longTermKey,
  newTransaction,
  type StunMessage,
  xorAddress,
} from "./stun.ts";

/** Where TURN is spoken. */
export interface TurnAddress {
  port: number;
  transport: "udp" | "tcp" | "tls";
  /** The certificate to trust, PEM. */
  ca?: string;
}

/** What a TURN credential is presented as. */
export interface TurnCredential {
  username: string;
  password: string;
}

/** A client of a TURN server (RFC 8656). */
export interface TurnClient {
  /** Asks for a relay: `allocated`, or the code and words of the refusal. */
  allocate(): Promise<string>;
  /** Asks that a peer may be relayed to: `permitted`, or the refusal. */
  permit(address: string): Promise<string>;
  /** Asks to keep the relay that long, in seconds: `refreshed`, or the refusal. */
  refresh(lifetime: number, other?: TurnCredential): Promise<string>;
  close(): void;
}

const methods = { allocate: 0x0003, refresh: 0x0004, createPermission: 0x0008 };
const udp = Buffer.from([17, 0, 0, 0]);
const patience = 10_000;
const retransmission = 500;

/** Asks for a relay and gives it back: `allocated`, or the code and words of the refusal. */
export async function allocation(
  address: TurnAddress,
  credential: TurnCredential,
): Promise<string> {
  const client = await connectTurn(address, credential);
  try {
    const outcome = await client.allocate();
    if (outcome === "allocated") await client.refresh(0);
    return outcome;
  } finally {
    client.close();
  }
}

/** Connects to a TURN server, to authenticate with a long-term credential (RFC 8489 section 9.2). */
export async function connectTurn(
  address: TurnAddress,
  credential: TurnCredential,
): Promise<TurnClient> {
  const wire = await (address.transport === "udp" ? datagrams(address.port) : stream(address));
  let realm: Buffer = Buffer.alloc(0);
  let nonce: Buffer = Buffer.alloc(0);

  async function ask(
    method: number,
    attributes: Attribute[],
    { username, password } = credential,
  ): Promise<string | undefined> {
    const key = longTermKey(username, String(realm), password);
    const proof: Attribute[] = [
      [attribute.username, Buffer.from(username)],
      [attribute.realm, realm],
      [attribute.nonce, nonce],
    ];
    const answer = await exchange(wire, method, [...attributes, ...proof], key);
    if (answer.type === (method | 0x0110)) return refusal(answer);
    if (!answer.isSignedWith(key)) throw new Error("the answer is not the server's");
    return undefined;
  }

  return {
    async allocate() {
      const transport: Attribute = [attribute.transport, udp];
      const challenge = await exchange(wire, methods.allocate, [transport]);
      if (!refusal(challenge).startsWith("401 ")) throw new Error("it was not asked who it is");
      realm = copyOf(challenge, attribute.realm);
      nonce = copyOf(challenge, attribute.nonce);
      return (await ask(methods.allocate, [transport])) ?? "allocated";
    },
    async permit(peer) {
      const attributes: Attribute[] = [[attribute.peer, xorAddress(peer, 9)]];
      return (await ask(methods.createPermission, attributes)) ?? "permitted";
    },
    async refresh(lifetime, other) {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(lifetime);
      return (await ask(methods.refresh, [[attribute.lifetime, value]], other)) ?? "refreshed";
    },
    close: wire.close,
  };
}

/** Messages to and from the server; each that comes is an event `message`. */
interface Wire {
  messages: EventEmitter;
  send(bytes: Buffer): void;
  close(): void;
}

/** Sends a request until it is answered. */
async function exchange(
  { messages, send }: Wire,
  method: number,
  attributes: Attribute[],
  key?: Buffer,
): Promise<StunMessage> {
  const transaction = newTransaction();
  const request = encode(method, transaction, attributes, key);
  const signal = AbortSignal.timeout(patience);
  const again = setInterval(() => send(request), retransmission);
  try {
    send(request);
    for (;;) {
      const [bytes] = (await once(messages, "message", { signal })) as [Buffer];
      const answer = decode(bytes);
      if (answer.transaction.equals(transaction)) return answer;
    }
  } finally {
    clearInterval(again);
  }
}

async function datagrams(port: number): Promise<Wire> {
  const socket = createSocket("udp4");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const messages = new EventEmitter();
  socket.on("message", (bytes) => messages.emit("message", bytes));
  socket.on("error", () => {}); // nobody there yet: it is asked again
  return { messages, send: (bytes) => socket.send(bytes), close: () => socket.close() };
}

async function stream({ port, transport, ca }: TurnAddress): Promise<Wire> {
  const options = { port, host: "127.0.0.1", servername: "localhost", ...(ca && { ca }) };
  const socket: Socket = transport === "tls" ? secure(options) : connect(options);
  await once(socket, transport === "tls" ? "secureConnect" : "connect");
  const messages = new EventEmitter();
  let received = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let end = lengthOf(received); received.length >= end; end = lengthOf(received)) {
      messages.emit("message", received.subarray(0, end));
      received = received.subarray(end);
    }
  });
  return { messages, send: (bytes) => socket.write(bytes), close: () => socket.destroy() };
}

function copyOf(message: StunMessage, type: number): Buffer {
  return Buffer.from(message.attributes.get(type) ?? "");
}

/** The code and words of an ERROR-CODE (RFC 8489 section 14.8). */
function refusal({ attributes }: StunMessage): string {
  const value = attributes.get(attribute.error);
  if (!value) throw new Error("an answer without ERROR-CODE");
  const code = (value[2] as number) * 100 + (value[3] as number);
  return `${code} ${String(value.subarray(4)).replace(/\0+$/, "")}`; // coturn pads with zeros
}
