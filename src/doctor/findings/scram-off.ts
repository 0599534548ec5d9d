import { type Finding, finding } from "./finding.ts";

/** Reports a host that offers SCRAM by MACs that `mayfly serve` does not give out. */
export function scramOff(host: string, where: string): Finding {
  const what = `Prosody offers SCRAM (mayfly_scram), and ${host} has no scram: true`;
  return finding("scram-off", what, "prosody", { where });
}
