import type { Finding } from "../findings/finding.ts";
import { ProsodyConfig } from "./prosody/config.ts";
import { serverRules } from "./prosody/server-rules.ts";
import { hostRules, programRules, standAloneRules } from "./prosody/verifier-rules.ts";
import { applyRules } from "./rule.ts";

/** What `prosody.cfg.lua` says about a host. */
export interface ProsodyFile {
  findings: Finding[];
  /** Whether FAST tokens end with their credential. */
  limitsFast: boolean;
  /** Whether Prosody verifies with nothing but key files. */
  isStandAlone: boolean;
  /** Whether it offers SCRAM with the MACs that it asks `mayfly serve` for. */
  asksForMacs: boolean;
}

/** Reads `prosody.cfg.lua`, and what it includes, for mistakes about a host. */
export function readProsody(text: string, path: string, host: string): ProsodyFile {
  const config = new ProsodyConfig(text, path, host);
  const { isStandAlone } = config;
  const rules = [...hostRules, ...(isStandAlone ? standAloneRules : programRules), ...serverRules];
  return {
    findings: applyRules(rules, config, { kind: "prosody", path }),
    limitsFast: config.limitsFast,
    isStandAlone,
    asksForMacs: !isStandAlone && config.option("mayfly_scram")?.value === true,
  };
}
