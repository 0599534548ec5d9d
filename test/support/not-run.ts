import type { Reporter, TestModule } from "vitest/node";
import { isInstalled, remedy, type ServerName, servers } from "./debian.ts";

/** Ends a run by naming the suites that a missing server kept from running, and what mends it. */
export default class NotRun implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const suites = modules.flatMap((module) =>
      [...module.children.suites()]
        .filter((suite) => suite.state() === "skipped")
        .map((suite) => `  ${module.relativeModuleId} > ${suite.name}`),
    );
    if (suites.length === 0) return;
    const missing = (Object.keys(servers) as ServerName[]).filter((name) => !isInstalled(name));
    const remedies = missing.map((name) => `Install ${name}: ${remedy(name)}`);
    const lines = ["Not run, for want of a server:", ...suites, ...remedies];
    process.stderr.write(`\n${lines.join("\n")}\n`);
  }
}
