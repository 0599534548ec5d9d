import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "./http-listener.ts";

/** Answers one path of a provider: JSON, or whatever the function does. */
export type Answer = object | RequestListener;

/** A provider that answers what a test tells it to. */
export interface FakeProvider {
  issuer: string;
  /** The answers by path; any other path is answered 404. */
  answers: Record<string, Answer>;
  /** The paths that were asked for, in order. */
  requests: string[];
}

/** Starts a provider that has no answer yet. It ends with the test. */
export async function startFakeProvider(): Promise<FakeProvider> {
  const requests: string[] = [];
  const answers: Record<string, Answer> = {};
  const issuer = await listen((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    requests.push(path);
    const answer = answers[path];
    if (typeof answer === "function") return answer(request, response);
    json(response, answer ? 200 : 404, answer ?? {});
  });
  return { issuer, answers, requests };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Never answers. */
export const hang: RequestListener = () => {};

/** Begins an answer, and never ends it. */
export const trickle: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write("{");
};

/** Answers what it is given, behind a redirect. */
export function redirectTo(url: string): RequestListener {
  return (_, response) => void response.writeHead(302, { location: url }).end();
}

/** Serves 10 MB of JSON; `sent` says how many bytes the client took. */
export function flood(): RequestListener & { sent(): number } {
  let sent = 0;
  const chunk = Buffer.alloc(65_536, 0x20);
  const serve = async (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    let isOpen = true;
    const closed = once(response, "close").then(() => {
      isOpen = false;
    });
    while (isOpen && sent < 10_485_760) {
      sent += chunk.length;
      if (!response.write(chunk)) await Promise.race([once(response, "drain"), closed]);
    }
    response.end("{}");
  };
  return Object.assign(serve, { sent: () => sent });
}

/** Lets a test set the clock; it is set right with the end of the test. */
export function movableClock(vi: typeof import("vitest").vi): { pass(seconds: number): void } {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000) };
}
