import type { Code, Saying } from "./finding.ts";

/** What was seen of a server: a finding, once it is known what the server's settings are called. */
export interface Sighting {
  code: Code;
  what: string;
  saying?: Saying | undefined;
}

/** Something was seen. */
export function saw(code: Code, what: string, saying?: Saying): Sighting {
  return { code, what, saying };
}
