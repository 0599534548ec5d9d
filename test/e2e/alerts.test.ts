import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type Served, startServe } from "../support/cli/run-cli.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const file = fileURLToPath(new URL("../../grafana/alerts.yml", import.meta.url));
interface Rule {
  alert: string;
  expr: string;
}
const rules: Rule[] = parse(readFileSync(file, "utf8")).groups[0].rules;

const labels = 'instance="a", job="mayfly"';
const requests = (more: string) => `mayfly_requests_total{${labels}, op="auth", ${more}}`;
const yes = requests('outcome="yes", reason=""');
const refused = (reason: string) => requests(`outcome="no", reason="${reason}"`);
const series = (name: string, values: string) => ({ series: name, values });

/** For each alert: what was measured each minute, when it must fire, and what must not make it fire. */
const cases: Record<string, { fires: object[]; at: string; quiet: object[] }> = {
  MayflyDown: {
    fires: [series(`up{${labels}}`, "0x30")],
    at: "3m",
    quiet: [series(`up{${labels}}`, "1x30")],
  },
  MayflyNobodyLogsIn: {
    fires: [series(yes, "50x60"), series(refused("expired"), "0+2x60")],
    at: "40m",
    // Nobody tries; or most are refused, and some are not.
    quiet: [series(yes, "0+1x60"), series(refused("expired"), "0+9x60")],
  },
  MayflyManyBadSignatures: {
    fires: [series(yes, "0+10x60"), series(refused("bad-signature"), "0+5x60")],
    at: "40m",
    quiet: [series(yes, "0+100x60"), series(refused("bad-signature"), "0+5x60")],
  },
  MayflyStoreAway: {
    fires: [series(refused("store-unavailable"), "0+1x60")],
    at: "10m",
    quiet: [series(refused("store-unavailable"), "7x60"), series(refused("expired"), "0+1x60")],
  },
  MayflyNoServerFollows: {
    fires: [series(`mayfly_feed_followers{${labels}}`, "2x10 0x50")],
    at: "30m",
    // It never had a follower; or one is back.
    quiet: [
      series(`mayfly_feed_followers{${labels}}`, "0x60"),
      series(`mayfly_feed_followers{instance="b", job="mayfly"}`, "1x10 0x4 1x45"),
    ],
  },
  MayflyConfigurationCannotBeUsed: {
    fires: [series(`mayfly_config_last_reload_successful{${labels}}`, "0x60")],
    at: "10m",
    quiet: [series(`mayfly_config_last_reload_successful{${labels}}`, "0 0 1x60")],
  },
  // promtool begins at 1970: a key that was written 91 days before is of a negative time.
  MayflyKeyIsOld: {
    fires: [keyWritten(91)],
    at: "90m",
    quiet: [keyWritten(80), { ...keyWritten(400, "verify") }],
  },
  MayflyNoKeyMints: {
    fires: [series(`mayfly_keys{${labels}, state="mint"}`, "0x60"), verifying()],
    at: "20m",
    quiet: [series(`mayfly_keys{${labels}, state="mint"}`, "1x60"), verifying()],
  },
  MayflyCertificateExpires: {
    fires: [certificate(10)],
    at: "90m",
    quiet: [certificate(30)],
  },
};

function keyWritten(days: number, state = "mint"): object {
  const name = `mayfly_key_written_timestamp_seconds{${labels}, key="b", state="${state}"}`;
  return series(name, `-${days * 86_400}x120`);
}

function verifying(): object {
  return series(`mayfly_keys{${labels}, state="verify"}`, "1x60");
}

function certificate(days: number): object {
  const name = 'probe_ssl_earliest_cert_expiry{instance="chat", job="xmpp"}';
  return series(name, `${days * 86_400}x120`);
}

describeWith("prometheus")("grafana/alerts.yml", () => {
  let folder: string;
  let served: Served;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-alerts-"));
    const keys = [{ id: "2026-11", secret: "file:a.key" }];
    writeFileSync(join(folder, "a.key"), "a secret of the alerts of thirty-two bytes");
    writeFileSync(join(folder, "mayfly.yml"), stringify({ keys }));
    served = await startServe([], { cwd: folder });
  });
  afterAll(async () => {
    await served?.stop();
    rmSync(folder, { recursive: true });
  });

  test("is what promtool takes it for", () => {
    expect(execFileSync("promtool", ["check", "rules", file], { encoding: "utf8" })).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
    expect(Object.keys(cases).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  test("asks for metrics that mayfly serve has", async () => {
    const metrics = await (await fetch(`${served.url}/metrics`)).text();
    const names = rules.flatMap(({ expr }) => expr.match(/\bmayfly_\w+/g) ?? []);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(metrics).toContain(`# TYPE ${name} `);
    expect(metrics).toMatch(
      /^mayfly_key_written_timestamp_seconds\{key="2026-11",state="mint"\} \d{10}$/m,
    );
  });

  test.each(Object.entries(cases))("%s fires when it must, and only then", (alert, it) => {
    const tests = [
      { input_series: it.fires, isFiring: true },
      { input_series: it.quiet, isFiring: false },
    ].map(({ input_series, isFiring }) => ({
      ...{ interval: "1m", input_series },
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
          eval_time: it.at,
          exp_samples: [{ labels: "{}", value: isFiring ? 1 : 0 }],
        },
      ],
    }));
    const path = join(folder, `${alert}.yml`);
    writeFileSync(path, stringify({ rule_files: [file], evaluation_interval: "1m", tests }));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", path], {
      encoding: "utf8",
    });
    expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /);
  });
});
