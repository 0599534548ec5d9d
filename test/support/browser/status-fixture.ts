import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHandler, listen, protocols, type Verifier } from "../../../src/extauth/index.ts";
import { createApp } from "../../../src/http/app.ts";
import { Metrics } from "../../../src/http/metrics.ts";
import { type Fetch, listenHttp } from "../../../src/http/server.ts";
import { LoginStats } from "../../../src/http/status/login-stats.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { type MintRequest, mint } from "../../../src/mint/index.ts";
import { Policies } from "../../../src/policy.ts";
import { openStore } from "../../../src/store/index.ts";
import { listMacs, revokeUser, verify } from "../../../src/verify/index.ts";
import { flipBit } from "../data/bit-flips.ts";
import { frame } from "../data/frames.ts";

const host = "example.com";
const day = 86_400_000;
const silent = { answered() {}, info() {}, warn() {}, error() {} };

/** What `mayfly serve` is made of, after an hour of logins. */
export interface BusyHour {
  url: string;
  close(): Promise<void>;
}

/** How a credential is made. */
interface Login {
  keys?: Keyring;
  /** When, in Unix seconds. */
  at?: number;
  change?: (password: string) => string;
}

/**
 * Serves a socket and HTTP, and has logins decided over the socket for an hour that ends now: they are
 * real, and only the clock of the history runs ahead.
 */
export async function busyHour(backendSecret: string): Promise<BusyHour> {
  const end = Date.now();
  let clock = end - 60 * 60_000;
  const keyring = new Keyring([
    { id: "2026-11", secret: "the secret of November" },
    { id: "2026-10", secret: "the secret of October", state: "verify" },
    { id: "calls", secret: "the secret of calls", hosts: ["call.example.com"], services: ["turn"] },
    { id: "web", secret: "the secret of the web app", algorithm: "HS256" },
    { id: "2026-09", secret: "the secret of September", state: "off" },
  ]);
  const before = new Keyring([
    { id: "2026-10", secret: "the secret of October" },
    { id: "2026-09", secret: "the secret of September" },
  ]);
  const store = await openStore("memory");
  const trust = { keyring, store };
  const history = new LoginStats(() => clock);
  const metrics = new Metrics();
  const about = () => ({
    version: "0.1.0",
    source: "/etc/mayfly/mayfly.yml",
    loadedAt: end - 52 * 60_000,
    writtenAt: new Map([
      ["2026-11", end - 22 * day],
      ["2026-10", end - 53 * day],
      ["web", end - 9 * day],
    ]),
  });
  const folder = mkdtempSync(join(tmpdir(), "mayfly-hour-"));
  const path = join(folder, "extauth.sock");
  const verifier: Verifier = {
    verify: (login) => verify(login, trust),
    listMacs: (request) => listMacs(request, trust),
    userExists: () => true,
    revokeUser: async () => false,
  };
  const answer = createHandler(verifier, silent, (outcome) => history.add(outcome));
  const socket = await listen(path, { protocol: protocols.ejabberd, answer, log: silent });
  const app = createApp({ ...trust, backendSecret, history, metrics, about, tell() {} });
  const http = await listenHttp(app.fetch as Fetch, "127.0.0.1:0");

  const server = connect(path);
  await revokeUser("erin", host, { store, policies: new Policies() });
  for (let minute = 0; minute < 60; minute++) {
    const waves = Math.sin(minute / 9) + Math.sin(minute / 2.3) / 3;
    const good = Math.round(46 + 22 * waves + ((minute * 7) % 9));
    for (let n = 0; n < good; n++) {
      await login(`user${n}`, n % 4 === 0 ? { format: "jwt" } : {});
      clock += Math.floor(58_000 / good);
    }
    await refusals(minute);
    clock = end - (59 - minute) * 60_000;
  }
  clock = end;

  return {
    url: http.url,
    async close() {
      server.destroy();
      await Promise.all([socket.close(), http.close(), store.close()]);
      rmSync(folder, { recursive: true });
    },
  };

  async function refusals(minute: number): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    const early = now - 7200;
    if (minute % 3 === 0) await login("alice", {}, { at: early });
    if (minute % 7 === 4) await login("bob", {}, { keys: before, at: early });
    if (minute % 5 === 1) await login("carol", {}, { change: forged });
    if (minute % 11 === 5) await ask(`auth:dave:${host}:letmein`);
    if (minute % 13 === 7) await login("erin");
    // Somebody minted with a key that is off.
    const guests = minute > 30 && minute < 37 ? 14 : 0;
    for (let n = 0; n < guests; n++) await login(`guest${n}`, { key: "2026-09" }, { keys: before });
  }

  async function login(
    user: string,
    request: MintRequest = {},
    { keys = keyring, at, change = (password) => password }: Login = {},
  ): Promise<void> {
    const minted = await mint(
      { ...request, jid: `${user}@${host}` },
      { keyring: keys, ...(at !== undefined && { now: at }) },
    );
    await ask(`auth:${user}:${host}:${change(minted.password)}`);
  }

  async function ask(payload: string): Promise<void> {
    const answered = once(server, "data");
    server.write(frame(payload));
    await answered;
  }
}

function forged(password: string): string {
  return flipBit(password, password.length - 4);
}
