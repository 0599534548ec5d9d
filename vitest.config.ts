import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const cores = availableParallelism();
const build = "test/support/vitest/build.ts";
const install = "test/support/vitest/global-setup.ts";
const browser = "test/support/browser/browser.ts";
const installed = "test/support/machine/installed.ts";

/** What measures time or memory: alone and last, whatever folder it is in. */
const measured = [
  "test/cli/standalone.test.ts",
  "test/e2e/revocation-cost.test.ts",
  "test/e2e/round-trip.test.ts",
  "test/extauth/allocation.test.ts",
  "test/extauth/fuzz.test.ts",
];

/** For tests with servers: they wait more than they compute, so that there are more of them than cores. */
const served = {
  exclude: measured,
  maxWorkers: 2 * cores,
  sequence: { groupOrder: 1 },
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

export default defineConfig({
  test: {
    reporters: [
      "default",
      "./test/support/vitest/versions-reporter.ts",
      "./test/support/vitest/skipped-reporter.ts",
    ],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/{command,docs,e2e,browser,machines}/**", ...measured],
          globalSetup: build,
          // A process for each file takes longer than most tests in it; spyOnBuiltin stands in for vi.mock.
          isolate: false,
          maxWorkers: cores,
          sequence: { groupOrder: 0 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...served,
          name: "command",
          include: ["test/command/**/*.test.ts"],
          globalSetup: build,
        },
      },
      {
        test: {
          ...served,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: [build, install],
        },
      },
      {
        test: {
          ...served,
          name: "docs",
          include: ["test/docs/**/*.test.ts"],
          globalSetup: [build, install, browser, installed],
        },
      },
      {
        test: {
          ...served,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: [build, install, browser],
        },
      },
      {
        test: {
          ...served,
          // Not in `npm test`: whole Debians, on which packages and containers are installed.
          name: "machines",
          include: ["test/machines/**/*.test.ts"],
          globalSetup: [build, "test/support/vitest/machines-setup.ts"],
          maxWorkers: cores,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          ...served,
          name: "measured",
          include: measured,
          exclude: [],
          globalSetup: [build, install],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
