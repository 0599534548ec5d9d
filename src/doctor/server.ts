import { createElement, type Element } from "ltx";
import { Impasse } from "./impasse.ts";
import type { Line } from "./line.ts";
import { offered } from "./mechanisms.ts";
import type { Target } from "./target.ts";

/** Longer than Prosody waits for the program, which is 12 s, and short of ejabberd's 30 s. */
const longestAnswer = 14_000;

/** A server, and how to reach one of its hosts. */
export interface Server {
  target: Target;
  host: string;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** When all must have ended, by `performance.now()`. */
  deadline: number;
}

/** A stream to a server that has shown who it is. */
export interface Stream {
  peer: Line["peer"];
  /** What was offered before TLS, where there was such a time. */
  inClear?: Element;
  /** What is offered now. */
  features: Element;
  /** Begins the stream anew: what is offered then. */
  restart(): Promise<Element>;
  /** Sends an element, and waits for one of these names; an end is told as `ended`. */
  ask(element: Element, names: readonly string[]): Promise<Element>;
  send(element: Element): void;
  /** Waits for one of these names, for so long: `silent` when nothing came. */
  hear(names: readonly string[], patience: number): Promise<Element>;
  close(): void;
}

/**
 * Opens a stream, with TLS and a certificate for the right name.
 *
 * @param from - whom it is for; some servers offer more to who says so
 * @throws Impasse where that cannot be done
 */
export async function openStream(server: Server, from?: string): Promise<Stream> {
  const { target, host } = server;
  const line = await reach(server);
  try {
    const first = target.scheme === "xmpp" ? await features() : undefined;
    if (first) await startTls(first);
    const { distrust } = line.peer;
    if (distrust) {
      throw new Impasse(
        "certificate",
        `the certificate is not good for ${nameOf(server)}: ${distrust}`,
      );
    }
    return {
      peer: line.peer,
      ...(first && { inClear: first }),
      features: await features(),
      restart: features,
      ask,
      send: line.send,
      hear: (names, patience) => line.inbox.take(names, Math.min(patience, patienceOf(server))),
      close: line.close,
    };
  } catch (error) {
    line.close();
    throw error;
  }

  async function features(): Promise<Element> {
    line.open(host, from);
    const answer = await take(["stream:features"], "the start of a stream");
    if (answer.name !== "ended") return answer;
    const { condition } = answer.attrs;
    if (condition === "host-unknown") {
      throw new Impasse("host", `the server does not serve ${host}`);
    }
    throw new Impasse("unreachable", `the server ends the stream at its start: ${condition}`);
  }

  async function startTls(first: Element): Promise<void> {
    if (!first.getChild("starttls")) {
      const mechanisms = offered(first);
      if (mechanisms.length === 0) throw new Impasse("no-tls", "the server offers no STARTTLS");
      const what = `the server offers ${mechanisms.join(", ")}, and no TLS`;
      throw new Impasse("plain-without-tls", what);
    }
    const starttls = createElement("starttls", { xmlns: "urn:ietf:params:xml:ns:xmpp-tls" });
    const answer = await ask(starttls, ["proceed", "failure"]);
    if (answer.name !== "proceed") throw new Impasse("no-tls", "the server refuses STARTTLS");
    try {
      await line.secure();
    } catch (error) {
      throw new Impasse("no-tls", `TLS fails: ${(error as Error).message}`);
    }
  }

  function ask(element: Element, names: readonly string[]): Promise<Element> {
    line.send(element);
    return take(names, `<${element.name}/>`);
  }

  async function take(names: readonly string[], what: string): Promise<Element> {
    const patience = patienceOf(server);
    const answer = await line.inbox.take(names, patience);
    if (answer.name !== "silent") return answer;
    const seconds = Math.round(patience / 1000);
    throw new Impasse("no-answer", `the server does not answer ${what} within ${seconds} s`);
  }
}

function patienceOf({ deadline }: Server): number {
  return Math.max(0, Math.min(longestAnswer, deadline - performance.now()));
}

/** The name that the certificate has to be for: over TCP the JID's host (RFC 6120 section 13.7.2). */
function nameOf({ target, host }: Server): string {
  return target.scheme === "wss" ? target.hostname : host;
}

async function reach(server: Server): Promise<Line> {
  const { target, ca } = server;
  const options = { name: nameOf(server), ca, patience: patienceOf(server) };
  try {
    if (target.scheme !== "wss") {
      const { overTcp } = await import("./tcp.ts");
      return await overTcp(target, options);
    }
    const { overWebSocket } = await import("./websocket.ts");
    return await overWebSocket(target, options);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Impasse("unreachable", `${target.url} cannot be reached: ${message || code}`);
  }
}
