import { connect } from "node:net";
import {
  authElement,
  exchange,
  streamHeader,
  verdict,
} from "../test/support/clients/sasl/exchange.ts";
import { c2sOutcome } from "../test/support/clients/tcp-login.ts";
import type { Samples } from "./comparison.ts";

/** A server to log in to. */
export interface Server {
  port: number;
  /** The certificate to trust, PEM. */
  ca: string;
  host: string;
  /** Users and passwords, to be used round and round. */
  logins: readonly (readonly [user: string, password: string])[];
}

/** So many requests it takes until V8 has compiled all of a program that is to answer for years. */
const warm = 4000;

/** Logs in to servers until what answers behind each is as fast as it will be. */
export async function warmUp(
  servers: Readonly<Record<string, Server>>,
  programs: number,
): Promise<void> {
  for (const server of Object.values(servers)) await storm(server, programs * warm, enterInClear);
}

/** Logs in to servers by turns, ten at once: the microseconds that a login takes. */
export async function logIn(
  servers: Readonly<Record<string, Server>>,
  rounds: number,
  { batch, tls }: { batch: number; tls: boolean },
): Promise<Samples> {
  const samples = new Map(Object.keys(servers).map((name) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, server] of Object.entries(servers)) {
      const started = performance.now();
      await storm(server, batch, tls ? enter : enterInClear);
      const taken = ((performance.now() - started) * 1000) / batch;
      if (round >= 0) samples.get(name)?.push(taken);
    }
  }
  return samples;
}

type Enter = (server: Server, user: string, password: string) => Promise<void>;

async function storm(server: Server, logins: number, enter: Enter): Promise<void> {
  let begun = 0;
  const one = async () => {
    while (begun < logins) {
      const login = server.logins[begun++ % server.logins.length];
      if (login) await enter(server, ...login);
    }
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

/** One login by STARTTLS, as our samples insist on, up to success; then it leaves. */
async function enter({ port, ca, host }: Server, user: string, password: string): Promise<void> {
  const outcome = await c2sOutcome({ port, ca }, { user, host, password });
  if (outcome !== "success") throw new Error(`${user} is refused: ${outcome}`);
}

/** The same without TLS, so that the rest is seen better. */
async function enterInClear({ port, host }: Server, user: string, password: string): Promise<void> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  try {
    await exchange(socket, streamHeader(host), /<\/stream:features>/);
    const plain = authElement("PLAIN", `\0${user}\0${password}`);
    const answer = await exchange(socket, plain, verdict);
    if (answer !== "<success") throw new Error(`${user} is refused: ${answer}`);
  } finally {
    socket.destroy();
  }
}
