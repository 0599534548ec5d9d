import type { Command } from "commander";
import { protocolNames } from "../../extauth/index.ts";
import { runExtauth } from "../../runtime/extauth-process.ts";
import { addExtauth } from "../extauth-options.ts";

/** `mayfly extauth` */
export function extauth(program: Command): void {
  addExtauth(program, { protocolNames, run: runExtauth });
}
