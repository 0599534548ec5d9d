import type { Command } from "commander";
import { keysAdd } from "./add.ts";
import { keysList } from "./list.ts";
import { keysRemove } from "./remove.ts";
import { keysRetire } from "./retire.ts";

/** `mayfly keys list|add|retire|remove` */
export function keys(program: Command): void {
  const group = program
    .command("keys")
    .description("List and change the keys in mayfly.yml.")
    .addHelpText("after", "\nExample: mayfly keys add");
  for (const add of [keysList, keysAdd, keysRetire, keysRemove]) add(group);
}
