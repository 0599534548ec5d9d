import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { connect as secure } from "node:tls";
import { authorization } from "./digest.ts";
import {
  type Header,
  headerOf,
  headersOf,
  parse,
  type SipMessage,
  spell,
  statusOf,
} from "./messages.ts";

/** Where SIP is spoken. */
export interface SipAddress {
  port: number;
  transport: "udp" | "tls";
  /** The certificate to trust, PEM. */
  ca?: string;
}

/** Who calls, and how it shows that. */
export interface Caller {
  /** The address of record, such as `alice@example.org`. */
  aor: string;
  /** What a challenge is answered with; it is not when absent. */
  credential?: { username: string; password: string };
}

/** What to ask for. */
export interface SipAsk {
  /** @defaultValue the domain of the caller */
  uri?: string;
  /** @defaultValue the caller */
  to?: string;
  /** @defaultValue a new one */
  callId?: string;
  headers?: Header[];
}

/** A telephone of the tests, with one address. */
export interface Phone {
  /** Where it can be reached. */
  contact: string;
  /** Asks, and answers a challenge: the final answer. */
  ask(method: string, what?: SipAsk): Promise<SipMessage>;
  /** Sends what is not answered: an ACK. */
  send(method: string, what: SipAsk): void;
  /** The requests that have come to it; each was answered with 200. */
  requests: SipMessage[];
  /** What more its answers have. */
  answersWith: Header[];
  hangUp(): void;
}

const patience = 10_000;
const retransmission = 500;

/** Connects a telephone to a SIP server. */
export async function pickUp(address: SipAddress, { aor, credential }: Caller): Promise<Phone> {
  const wire = await (address.transport === "udp" ? datagrams(address.port) : stream(address));
  const [user, domain] = aor.split("@");
  const contact = `sip:${user}@${wire.own}`;
  const tag = token();
  const requests: SipMessage[] = [];
  let sequence = 0;

  wire.messages.on("message", (text: string) => {
    const message = parse(text);
    if (statusOf(message) !== undefined) {
      wire.messages.emit(answerTo(message), message);
    } else {
      requests.push(message);
      if (!message.start.startsWith("ACK ")) wire.send(spell(accepting(message)));
    }
  });

  const phone: Phone = { contact, ask, send, requests, answersWith: [], hangUp: wire.close };
  return phone;

  async function ask(method: string, what: SipAsk = {}): Promise<SipMessage> {
    const asked = { callId: token(), ...what };
    const first = request(method, asked);
    const answer = await exchange(wire, first);
    const challenge =
      headerOf(answer, "WWW-Authenticate") || headerOf(answer, "Proxy-Authenticate");
    if (!credential || !challenge) return answer;
    const name = statusOf(answer)?.startsWith("401") ? "Authorization" : "Proxy-Authorization";
    const uri = first.start.split(" ")[1] ?? "";
    const proof: Header = [name, authorization(challenge, { method, uri, ...credential })];
    return exchange(wire, request(method, asked, [proof]));
  }

  function send(method: string, what: SipAsk): void {
    wire.send(spell(request(method, what)));
  }

  function request(method: string, what: SipAsk, proof: Header[] = []): SipMessage {
    const { uri = `sip:${domain}`, to = `<sip:${aor}>`, callId = token(), headers = [] } = what;
    if (method !== "ACK") sequence++; // an ACK has the number of its INVITE
    return {
      start: `${method} ${uri} SIP/2.0`,
      headers: [
        ["Via", `SIP/2.0/${wire.transport} ${wire.own};branch=z9hG4bK${token()};rport`],
        ["Max-Forwards", "70"],
        ["From", `<sip:${aor}>;tag=${tag}`],
        ["To", to],
        ["Call-ID", callId],
        ["CSeq", `${sequence} ${method}`],
        ...headers,
        ...proof,
      ],
    };
  }

  function accepting(asked: SipMessage): SipMessage {
    const copied = ["Via", "Record-Route", "From", "Call-ID", "CSeq"].flatMap((name) =>
      headersOf(asked, name).map((value): Header => [name, value]),
    );
    const to = headerOf(asked, "To");
    const headers: Header[] = [
      ...copied,
      ["To", to.includes(";tag=") ? to : `${to};tag=${tag}`],
      ["Contact", `<${contact}>`],
      ...phone.answersWith,
    ];
    return { start: "SIP/2.0 200 OK", headers };
  }
}

/** Registers with a credential, once: the status of the answer, such as `200 OK`. */
export async function registration(
  address: SipAddress,
  aor: string,
  credential: { username: string; password: string },
): Promise<string | undefined> {
  const phone = await pickUp(address, { aor, credential });
  try {
    return statusOf(await phone.ask("REGISTER", { headers: [["Contact", `<${phone.contact}>`]] }));
  } finally {
    phone.hangUp();
  }
}

/** Messages to and from the server; each that comes is an event `message`. */
interface Wire {
  transport: "UDP" | "TLS";
  /** Our own address and port. */
  own: string;
  messages: EventEmitter;
  send(text: string): void;
  close(): void;
}

/** Sends a request until it is finally answered; acknowledges the refusal of an INVITE. */
async function exchange({ messages, send }: Wire, request: SipMessage): Promise<SipMessage> {
  const text = spell(request);
  const signal = AbortSignal.timeout(patience);
  const again = setInterval(() => send(text), retransmission);
  try {
    send(text);
    for (;;) {
      const [answer] = (await once(messages, answerTo(request), { signal })) as [SipMessage];
      const status = statusOf(answer) ?? "";
      if (status.startsWith("1")) continue;
      if (!status.startsWith("2") && request.start.startsWith("INVITE ")) {
        send(spell(acknowledging(request, answer)));
      }
      return answer;
    }
  } finally {
    clearInterval(again);
  }
}

/** The event that an answer is, and that a request waits for. */
function answerTo(message: SipMessage): string {
  return `answer to ${headerOf(message, "CSeq")} of ${headerOf(message, "Call-ID")}`;
}

/** The ACK of a refusal, for the next hop only (RFC 3261 section 17.1.1.3). */
function acknowledging({ start, headers }: SipMessage, refusal: SipMessage): SipMessage {
  const same = headers.filter(([name]) =>
    ["Via", "Max-Forwards", "From", "Call-ID"].includes(name),
  );
  const [sequence] = headerOf(refusal, "CSeq").split(" ");
  return {
    start: start.replace("INVITE", "ACK"),
    headers: [...same, ["To", headerOf(refusal, "To")], ["CSeq", `${sequence} ACK`]],
  };
}

async function datagrams(port: number): Promise<Wire> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const messages = new EventEmitter();
  socket.on("message", (bytes) => messages.emit("message", String(bytes)));
  return {
    ...{ transport: "UDP", own: `127.0.0.1:${socket.address().port}`, messages },
    send: (text) => socket.send(text, port, "127.0.0.1"),
    close: () => socket.close(),
  };
}

async function stream({ port, ca = "" }: SipAddress): Promise<Wire> {
  const socket = secure({ port, host: "127.0.0.1", servername: "localhost", ca });
  await once(socket, "secureConnect");
  const messages = new EventEmitter();
  let received = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const whole = (received + text).split("\r\n\r\n"); // no message of the tests has a body
    received = whole.pop() ?? "";
    for (const message of whole) messages.emit("message", message);
  });
  return {
    ...{ transport: "TLS", own: `127.0.0.1:${socket.localPort}`, messages },
    send: (text) => socket.write(text),
    close: () => socket.destroy(),
  };
}

function token(): string {
  return randomBytes(8).toString("hex");
}
