import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startServe } from "../../test/support/cli/run-cli.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { configure, keys, requestsFor } from "../fixtures.ts";
import { turns } from "../turns.ts";

const api = "the key of the app server";
const backend = "the secret of the servers";
const [atOnce, times] = [20, 20];

/** `mayfly serve` over HTTP, beside a server of Node alone that says hello. */
export async function http({ folder, effort }: Bench): Promise<Comparison[]> {
  configure(folder, "http", {
    keys: [keys.mojoauth],
    log: { level: "info" },
    http: { api_keys: [api], backend_secret: backend },
  });
  const socket = `unix:${join(folder, "http.sock")}`;
  const config = join(folder, "http.yml");
  const served = await startServe(["--config", config, "--extauth", socket]);
  const hello = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(hello, "listening");
  const helloUrl = `http://127.0.0.1:${(hello.address() as AddressInfo).port}/`;
  const [login = ""] = await requestsFor(keys.mojoauth);
  const [, user = "", host = "", ...password] = login.split(":");
  const [expires, mac] = password;
  const token = JSON.stringify({ token: `${expires}:${user}@${host}:${mac}` });

  const ask = async (agent: Agent, url: string, secret: string, body?: string): Promise<void> => {
    const asked = request(url, {
      agent,
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
    });
    asked.end(body);
    const [answer] = await once(asked, "response");
    answer.resume();
    await once(answer, "end");
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  };
  /** Fresh connections each time: a server closes those that were idle. */
  const many = (act: (agent: Agent) => Promise<void>) => async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    const one = async () => {
      for (let time = 0; time < times; time++) await act(agent);
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    agent.destroy();
  };
  try {
    const samples = await turns(
      {
        "a server that says hello": many((agent) => ask(agent, helloUrl, "nobody")),
        "GET /credentials": many((agent) =>
          ask(agent, `${served.url}/credentials?username=alice@${host}`, api),
        ),
        "POST /oauth/lookup": many((agent) =>
          ask(agent, `${served.url}/oauth/lookup`, backend, token),
        ),
      },
      10 * effort,
      1,
    );
    const each = new Map(
      [...samples].map(([name, values]) => [name, values.map((it) => it / (atOnce * times))]),
    );
    return [compare(`A request over HTTP, ${atOnce} at once`, "µs", each)];
  } finally {
    hello.close();
    await served.stop();
  }
}
