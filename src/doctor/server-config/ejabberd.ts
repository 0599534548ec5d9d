import { type Account, ownerOf } from "../account.ts";
import { type Finding, finding } from "../findings/finding.ts";
import { EjabberdConfig } from "./ejabberd/config.ts";
import { hostRules, moduleRules, serverRules } from "./ejabberd/host-rules.ts";
import { listenerRules } from "./ejabberd/listener-rules.ts";
import { proxyRules } from "./ejabberd/proxy-rules.ts";
import { nativeRules, programRules } from "./ejabberd/verifier-rules.ts";
import { applyRules } from "./rule.ts";
import { readYaml } from "./yaml.ts";

/** What `ejabberd.yml` says about a host. */
export interface EjabberdFile {
  findings: Finding[];
  /** Whether OAuth is set up on purpose. */
  oauth: boolean;
  /** Whether FAST tokens end with their credential. */
  limitsFast: boolean;
  /** Whether ejabberd verifies with nothing but key files. */
  isStandAlone: boolean;
}

/**
 * Reads `ejabberd.yml` for mistakes about a host.
 *
 * @param account - the user that ejabberd runs as; the file's owner when absent
 */
export function readEjabberd(
  text: string,
  path: string,
  host: string,
  account: Account | undefined = ownerOf(path),
): EjabberdFile {
  const file = readYaml(text, path);
  if (file.error !== undefined) {
    const fix = "correct the line: ejabberd does not start with it";
    const broken = finding("config", file.error, "ejabberd", { where: path, fix });
    return { findings: [broken], oauth: false, limitsFast: false, isStandAlone: false };
  }
  const config = new EjabberdConfig(file, path, host, account);
  const source = { kind: "ejabberd", path } as const;
  return {
    oauth: config.hasOAuth,
    limitsFast: config.limitsFast,
    isStandAlone: config.isStandAlone,
    findings: [
      ...applyRules(hostRules, config, source),
      ...applyRules(config.isNative ? nativeRules : programRules, config, source),
      ...applyRules(serverRules, config, source),
      ...config.listeners.flatMap((it) => applyRules(listenerRules, it, source)),
      ...config.listeners.flatMap((it) => applyRules(proxyRules, it, source)),
      ...applyRules(moduleRules, config, source),
    ],
  };
}
