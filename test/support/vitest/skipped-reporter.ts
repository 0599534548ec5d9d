import type { Reporter, TestModule } from "vitest/node";
import { haveVectors } from "../data/wycheproof.ts";
import { isInstalled, isRoot, remedy, serversFor } from "../machine/debian.ts";

/** Ends a run by naming the suites that something missing kept from running, and what mends it. */
export default class NotRun implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const suites = modules.flatMap((module) =>
      [...module.children.suites()]
        .filter((suite) => suite.state() === "skipped")
        .map((suite) => `  ${module.relativeModuleId} > ${suite.name}`),
    );
    if (suites.length === 0) return;
    const isHeavy = modules.some(({ project }) => project.name === "machines");
    const missing = serversFor(isHeavy ? "machines" : "others").filter((it) => !isInstalled(it));
    const lines = [
      "Not run, for want of something:",
      ...suites,
      ...(missing.length > 0 ? [`Install ${missing.join(", ")}:`, remedy(...missing)] : []),
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
