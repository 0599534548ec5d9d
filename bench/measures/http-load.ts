import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main as command } from "../../test/support/cli/run-cli.ts";
import { freePorts, untilListening } from "../../test/support/machine/ports.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, host, keys, requestsFor } from "../fixtures.ts";

const api = "the key of the app server";
const backend = "the secret of the servers";
const [connections, milliseconds, rounds] = [20, 500, 8];

/** The server has one processor, and the client another. */
const [serverCore, clientCore] = ["0", "1"];

/** `mayfly serve` under load, beside a plain Hono app: 20 connections, each asking as soon as it is answered. */
export async function httpLoad({ folder, effort }: Bench): Promise<Comparison[]> {
  const load = join(folder, "load");
  execFileSync("cc", ["-O2", "-o", load, fileURLToPath(new URL("../load.c", import.meta.url))]);
  configure(folder, "load", {
    keys: [keys.mojoauth, keys.HS256],
    http: { api_keys: [api], backend_secret: backend },
  });
  const config = join(folder, "load.yml");
  const ports = await freePorts(3);
  const [hono, node, mayfly] = ports as [number, number, number];
  const others = fileURLToPath(new URL("../hono.mjs", import.meta.url));
  const children = [
    keepAwake(clientCore),
    onOneCore([others, String(hono), String(node)]),
    onOneCore([command, "serve", "--listen", `127.0.0.1:${mayfly}`, "--config", config]),
  ];
  try {
    const started = AbortSignal.timeout(30_000);
    await Promise.all(ports.map((port) => untilListening(port, started)));
    const [login = ""] = await requestsFor(keys.mojoauth);
    const [, user = "", , expires = "", mac = ""] = login.split(":");
    const token = `${expires}:${user}@${host}:${mac}`;
    const check = new URLSearchParams({ user, server: host, pass: `${expires}:${mac}` });
    const minting = `/credentials?username=${user}@${host}`;
    const asked: Record<string, [port: number, request: string]> = {
      "a plain Hono app": [hono, get(minting, api)],
      "a plain Node server": [node, get(minting, api)],
      "GET /credentials": [mayfly, get(minting, api)],
      "GET /credentials, a JWT by HS256": [mayfly, get(`${minting}&format=jwt`, api)],
      "POST /oauth/lookup": [mayfly, post("/oauth/lookup", JSON.stringify({ token }))],
      "GET /auth/check_password": [mayfly, get(`/auth/check_password?${check}`, backend)],
      "POST /auth/check_password": [mayfly, post("/auth/check_password", String(check))],
    };
    const times = new Map(Object.keys(asked).map((name) => [name, [] as number[]]));
    const slowest = new Map(Object.keys(asked).map((name) => [name, [] as number[]]));
    for (let round = -2; round < rounds * effort; round++) {
      for (const [name, [port, request]] of Object.entries(asked)) {
        const [perSecond, , p99] = await measure(load, port, request);
        if (round < 0) continue; // while Node compiles
        times.get(name)?.push(1e6 / perSecond);
        slowest.get(name)?.push(p99 / 1000);
      }
    }
    const limits = Object.fromEntries(Object.keys(asked).map((name) => [name, 2.5]));
    return [
      compare(`A request over HTTP, ${connections} connections`, "µs", times, limits),
      compare("The 99th percentile of these", "ms", slowest),
    ];
  } finally {
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  }
}

/**
 * Keeps a core from idling, with work that yields to any other. Else a server that answers later pays for
 * waking the client each time, and a fast one, whose client never waits, does not.
 */
function keepAwake(core: string): ChildProcess {
  const words = ["--idle", "0", "taskset", "--cpu-list", core];
  return spawn("chrt", [...words, process.execPath, "-e", "for (;;);"], { stdio: "inherit" });
}

function onOneCore(words: string[]): ChildProcess {
  return spawn("taskset", ["--cpu-list", serverCore, process.execPath, ...words], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}

async function measure(load: string, port: number, request: string): Promise<Figures> {
  const words = ["--cpu-list", clientCore, load, String(port)];
  const child = spawn("taskset", [...words, String(connections), String(milliseconds)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(request);
  const [said] = await once(child.stdout, "data");
  return String(said).split(" ").map(Number) as Figures;
}

/** Requests in a second, and the median and the 99th percentile of their times in microseconds. */
type Figures = [perSecond: number, median: number, p99: number];

function get(path: string, secret: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${secret}\r\n\r\n`;
}

function post(path: string, body: string): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${backend}`,
    `Content-Type: ${body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded"}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
