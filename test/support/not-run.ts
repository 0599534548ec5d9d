import type { Reporter, TestModule } from "vitest/node";
import { isInstalled, isRoot, remedy, type ServerName, servers } from "./debian.ts";
import { haveVectors } from "./wycheproof.ts";

/** Ends a run by naming the suites that something missing kept from running, and what mends it. */
export default class NotRun implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const suites = modules.flatMap((module) =>
      [...module.children.suites()]
        .filter((suite) => suite.state() === "skipped")
        .map((suite) => `  ${module.relativeModuleId} > ${suite.name}`),
    );
    if (suites.length === 0) return;
    const missing = (Object.keys(servers) as ServerName[]).filter((name) => !isInstalled(name));
    const lines = [
      "Not run, for want of something:",
      ...suites,
      ...missing.map((name) => `Install ${name}: ${remedy(name)}`),
      ...(isRoot
        ? []
        : ["Some need a machine of their own, which only root can set up: sudo npm test"]),
      ...(haveVectors
        ? []
        : ["Wycheproof's vectors are not beside the project: put them in ../shared/vectors"]),
    ];
    process.stderr.write(`\n${lines.join("\n")}\n`);
  }
}
