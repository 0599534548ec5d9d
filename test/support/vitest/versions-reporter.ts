import type { Reporter, TestModule } from "vitest/node";

declare module "vitest" {
  interface TaskMeta {
    /** A server that a test has spoken to, and the version that it says it is. */
    spokeTo?: string;
  }
}

/** Ends a run by naming the servers that its tests really spoke to. */
export default class SpokeTo implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const servers = modules.flatMap((module) =>
      [...module.children.allTests()].flatMap((test) => test.meta().spokeTo ?? []),
    );
    if (servers.length > 0) process.stderr.write(`\nSpoke to ${servers.join(", ")}\n`);
  }
}
