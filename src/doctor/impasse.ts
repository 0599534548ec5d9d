import type { Code } from "./finding.ts";

/** A finding that nothing can be checked behind. It never leaves the room. */
export class Impasse extends Error {
  override name = "Impasse";
  readonly code: Code;

  constructor(code: Code, what: string) {
    super(what);
    this.code = code;
  }
}
