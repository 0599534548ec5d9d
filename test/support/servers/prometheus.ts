import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePorts } from "../machine/ports.ts";
import { runServer, startOnFreePorts } from "./private-server.ts";

/** A running private Prometheus. */
export interface Prometheus {
  /** What an expression gives now: the values, by the labels of each. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  stop(): Promise<void>;
}

/**
 * Starts a private Prometheus that scrapes this address every quarter of a second: own folder, free
 * loopback port; it answers when this resolves, and ends with the process that started it.
 */
export function startPrometheus(target: string): Promise<Prometheus> {
  return startOnFreePorts(() => startOnce(target));
}

async function startOnce(target: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-prometheus-"));
  const [port] = (await freePorts(1)) as [number];
  const config = join(folder, "prometheus.yml");
  const job = { job_name: "mayfly", static_configs: [{ targets: [target] }] };
  const global = { scrape_interval: "250ms", scrape_timeout: "250ms" };
  writeFileSync(config, stringify({ global, scrape_configs: [job] }));
  const url = `http://127.0.0.1:${port}`;
  const command = [
    ...["prometheus", `--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`],
    ...[`--storage.tsdb.path=${join(folder, "data")}`, "--log.level=warn"],
  ];
  const ask = async () => {
    const ready = await fetch(`${url}/-/ready`);
    if (!ready.ok) throw new Error(`it is not ready: ${ready.status}`);
  };
  const { stop } = await runServer(folder, command, { ports: [port], ask });
  return {
    async query(expression) {
      const query = new URLSearchParams({ query: expression });
      const answer = (await (await fetch(`${url}/api/v1/query?${query}`)).json()) as Answer;
      if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    stop,
  };
}

interface Answer {
  status: string;
  error?: string;
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}
