import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/status.md");
const ask = page.take("ask");
const scraping = page.take("scraping");
const alerts = page.take("alerts");

const backendSecret = "the backend secret of the page";
let folder: string;
let served: Served;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-status-"));
  const config = join(folder, "mayfly.yml");
  const keys = [{ id: "a", secret: "a secret of the page" }];
  writeFileSync(config, stringify({ keys, http: { backend_secret: backendSecret } }));
  served = await startServe(["--config", config, "--extauth", `unix:${join(folder, "socket")}`]);
});
afterAll(async () => {
  await served?.stop();
  rmSync(folder, { recursive: true });
});

test("the figures come as JSON", () => {
  const lines = ask.replace("http://127.0.0.1:5380", served.url);
  const env = { ...process.env, MAYFLY_BACKEND: backendSecret };
  const figures = JSON.parse(execFileSync("sh", ["-ec", lines], { env, encoding: "utf8" }));
  expect(figures).toMatchObject({ keys: [{ id: "a", mints: true }], total: { accepted: 0 } });
});

describeWith("prometheus")("Prometheus", () => {
  /** What its own checker says of a file. */
  function check(what: "config" | "rules", text: string): string {
    const file = join(folder, `${what}.yml`);
    writeFileSync(file, text);
    return execFileSync("promtool", ["check", what, file], { encoding: "utf8", stdio: "pipe" });
  }

  test("takes what is said to scrape", () => {
    expect(check("config", scraping)).toContain("is valid prometheus config file syntax");
  });

  test("takes the alarms, on metrics that there are", async () => {
    const rules = alerts.replace(/^/gm, "  ");
    expect(check("rules", `groups:\n- name: mayfly\n  rules:\n${rules}`)).toContain(
      "2 rules found",
    );
    const metrics = await (await fetch(`${served.url}/metrics`)).text();
    const names = [...alerts.matchAll(/mayfly_\w+/g)].map(([name]) => name);
    expect(names).toHaveLength(2);
    for (const name of names) expect(metrics).toContain(`# TYPE ${name} `);
  });
});
