import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";
import { type Prometheus, startPrometheus } from "../support/servers/prometheus.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

interface Panel {
  title: string;
  datasource?: { uid: string };
  targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[];
}

const file = new URL("../../grafana/mayfly.json", import.meta.url);
const dashboard: { panels: Panel[]; templating: { list: { name: string; query: unknown }[] } } =
  JSON.parse(readFileSync(file, "utf8"));
const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ title, ...target })),
);

const host = "example.com";
const secret = "a secret of the dashboard";
const keyring = new Keyring([{ id: "a", secret }]);
const apiKey = "an API key of the dashboard";
const backendSecret = "the backend secret of the dashboard";

/** Labels that Prometheus adds. */
const added = ["instance", "job"];

/** An expression as Grafana sends it, with all instances. */
function filledIn(expression: string): string {
  return expression.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "10s");
}

/** The metrics of an expression, each with the labels that it is asked by. */
function metricsIn(expression: string): { name: string; labels: string[] }[] {
  return [...expression.matchAll(/\b((?:mayfly|process|nodejs)_\w+)\{([^}]*)\}/g)].map(
    ([, name = "", matchers = ""]) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
    }),
  );
}

/** What it groups by. */
function groupsIn(expression: string): string[] {
  return [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(/,\s*/),
  );
}

describeWith("prometheus")(
  "grafana/mayfly.json, over a Prometheus that scrapes mayfly serve",
  () => {
    let folder: string;
    let served: Served;
    let prometheus: Prometheus;
    let traffic: NodeJS.Timeout;
    let socket: ReturnType<typeof connect>;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "mayfly-grafana-"));
      const path = join(folder, "extauth.sock");
      const http = { api_keys: [apiKey], backend_secret: backendSecret };
      writeFileSync(join(folder, "mayfly.yml"), stringify({ keys: [{ id: "a", secret }], http }));
      const config = ["--config", join(folder, "mayfly.yml")];
      served = await startServe([...config, "--extauth", `unix:${path}`]);
      prometheus = await startPrometheus(new URL(served.url).host);

      const { password } = await mint({ jid: `alice@${host}` }, { keyring });
      socket = connect(path).resume();
      traffic = setInterval(() => {
        socket.write(frame(`auth:alice:${host}:${password}`));
        socket.write(frame(`auth:bob:${host}:${password}`));
        const query = new URLSearchParams({ username: `alice@${host}`, key: apiKey });
        fetch(`${served.url}/credentials?${query}`).catch(() => {});
      }, 50);
    });
    afterAll(async () => {
      clearInterval(traffic);
      socket?.destroy();
      await prometheus?.stop();
      await served?.stop();
      rmSync(folder, { recursive: true });
    });

    test.each(targets)("$title: $legendFormat gives a figure", async ({ expr, legendFormat }) => {
      const result = await until(async () => {
        const all = await prometheus.query(filledIn(expr));
        return all.length > 0 && all.every(({ value }) => Number.isFinite(value)) && all;
      });
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      for (const { metric } of result) {
        for (const label of shown) expect(metric[label], label).toBeTruthy();
      }
    });

    test.each(targets)("$title: $legendFormat asks for what is there", async ({ expr }) => {
      const text = await (await fetch(`${served.url}/metrics`)).text();
      const metrics = metricsIn(expr);
      expect(metrics.length).toBeGreaterThan(0);
      // None is left over that has no braces, and so is of all instances.
      const names = [...expr.matchAll(/\b(?:mayfly|process|nodejs)_\w+/g)].map(([name]) => name);
      expect(metrics.map(({ name }) => name)).toEqual(names);
      for (const { name, labels } of metrics) {
        expect(labels).toContain("instance");
        const line = text.split("\n").find((line) => new RegExp(`^${name}[ {]`).test(line));
        expect(line, name).toBeDefined();
        const there = [...added, ...[...`${line}`.matchAll(/(\w+)="/g)].map(([, label]) => label)];
        expect(there).toEqual(expect.arrayContaining([...labels, ...groupsIn(expr)]));
      }
    });

    test("every panel asks the data source that is chosen, and its figures are right", async () => {
      expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
        "DS_PROMETHEUS",
        "instance",
      ]);
      for (const { datasource } of targets) expect(datasource.uid).toBe("$" + "{DS_PROMETHEUS}");
      const refused = targets.find(({ title }) => title === "Refused")?.expr ?? "";
      // Every second login is bob's, with alice's credential.
      await until(async () => {
        const [share] = await prometheus.query(filledIn(refused));
        return share && Math.abs(share.value - 0.5) < 0.1;
      });
    });

    test("tells of a configuration that cannot be used", async () => {
      const { expr = "" } = targets.find(({ title }) => title === "Configuration") ?? {};
      const isInForce = async () => (await prometheus.query(filledIn(expr)))[0]?.value;
      await until(async () => (await isInForce()) === 1);
      writeFileSync(join(folder, "mayfly.yml"), "keys: none\n");
      served.kill("SIGHUP");
      await until(async () => (await isInForce()) === 0);
    });
  },
);
