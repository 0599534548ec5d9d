import { createElement, type Element } from "ltx";
import { AbortChecks } from "../findings/finding.ts";
import { offeredMechanisms } from "./mechanisms.ts";
import { isWebSocket, type Target } from "./target.ts";
import type { Transport } from "./transport.ts";

/** Longer than Prosody waits for the program, which is 12 s, and short of ejabberd's 30 s. */
const maxAnswerMs = 14_000;

/** A server, and how to reach one of its hosts. */
export interface StreamTarget {
  target: Target;
  host: string;
  /** The certificates to trust, PEM; those that Node trusts when absent. */
  ca?: string | undefined;
  /** The end of the run, by `performance.now()`. */
  deadline: number;
}

/** An XMPP stream to a server with a verified certificate. */
export interface XmppStream {
  peer: Transport["peer"];
  /** The stream features before TLS, with STARTTLS only. */
  inClear?: Element;
  /** The current stream features. */
  features: Element;
  /** Restarts the stream and returns its new features. */
  restart(): Promise<Element>;
  /** Sends an element, and waits for one of these names; `ended` at the end of the stream. */
  request(element: Element, names: readonly string[]): Promise<Element>;
  send(element: Element): void;
  /** Waits for one of these names; `silent` after the timeout. */
  waitFor(names: readonly string[], timeoutMs: number): Promise<Element>;
  close(): void;
}

/**
 * Opens a stream, with TLS and a certificate for the right name.
 *
 * @param from - the bare JID that will log in; some servers then offer more
 * @throws {@link AbortChecks} if the server cannot be reached, or not safely.
 */
export async function openStream(server: StreamTarget, from?: string): Promise<XmppStream> {
  const { target, host } = server;
  const transport = await connect(server);
  try {
    const first = target.scheme === "xmpp" ? await features() : undefined;
    if (first) await startTls(first);
    const { distrust } = transport.peer;
    if (distrust) {
      throw new AbortChecks(
        "certificate",
        `the certificate is not valid for ${nameOf(server)}: ${distrust}`,
      );
    }
    return {
      peer: transport.peer,
      ...(first && { inClear: first }),
      features: await features(),
      restart: features,
      request: ask,
      send: transport.send,
      waitFor: (names, timeoutMs) =>
        transport.inbox.take(names, Math.min(timeoutMs, timeoutFor(server))),
      close: transport.close,
    };
  } catch (error) {
    transport.close();
    throw error;
  }

  async function features(): Promise<Element> {
    transport.open(host, from);
    const answer = await take(["stream:features"], "the start of a stream");
    if (answer.name !== "ended") return answer;
    const { condition } = answer.attrs;
    if (condition === "host-unknown") {
      throw new AbortChecks("host", `the server does not serve ${host}`);
    }
    throw new AbortChecks("unreachable", `the server ends the stream at its start: ${condition}`);
  }

  async function startTls(first: Element): Promise<void> {
    if (!first.getChild("starttls")) {
      const mechanisms = offeredMechanisms(first);
      if (mechanisms.length === 0) throw new AbortChecks("no-tls", "the server offers no STARTTLS");
      const what = `the server offers ${mechanisms.join(", ")}, and no TLS`;
      throw new AbortChecks("plain-without-tls", what);
    }
    const starttls = createElement("starttls", { xmlns: "urn:ietf:params:xml:ns:xmpp-tls" });
    const answer = await ask(starttls, ["proceed", "failure"]);
    if (answer.name !== "proceed") throw new AbortChecks("no-tls", "the server refuses STARTTLS");
    try {
      await transport.secure();
    } catch (error) {
      throw new AbortChecks("no-tls", `TLS fails: ${(error as Error).message}`);
    }
  }

  function ask(element: Element, names: readonly string[]): Promise<Element> {
    transport.send(element);
    return take(names, `<${element.name}/>`);
  }

  async function take(names: readonly string[], what: string): Promise<Element> {
    const timeoutMs = timeoutFor(server);
    const answer = await transport.inbox.take(names, timeoutMs);
    if (answer.name !== "silent") return answer;
    const seconds = Math.round(timeoutMs / 1000);
    throw new AbortChecks("no-answer", `the server does not answer ${what} within ${seconds} s`);
  }
}

function timeoutFor({ deadline }: StreamTarget): number {
  return Math.max(0, Math.min(maxAnswerMs, deadline - performance.now()));
}

/** The name that the certificate has to be for: over TCP the JID's host (RFC 6120 section 13.7.2). */
function nameOf({ target, host }: StreamTarget): string {
  return isWebSocket(target) ? target.hostname : host;
}

async function connect(server: StreamTarget): Promise<Transport> {
  const { target, ca } = server;
  const options = { name: nameOf(server), ca, timeoutMs: timeoutFor(server) };
  try {
    if (!isWebSocket(target)) {
      const { overTcp } = await import("./tcp.ts");
      return await overTcp(target, options);
    }
    const { overWebSocket } = await import("./websocket.ts");
    return await overWebSocket(target, options);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new AbortChecks("unreachable", `${target.url} cannot be reached: ${message || code}`);
  }
}
