import type { Command } from "commander";
import { keysAdd } from "./keys-add.ts";
import { keysList } from "./keys-list.ts";
import { keysRemove } from "./keys-remove.ts";
import { keysRetire } from "./keys-retire.ts";

/** `mayfly keys list|add|retire|remove` */
export function keys(program: Command): void {
  const group = program
    .command("keys")
    .description("list and change the keys in mayfly.yml")
    .addHelpText("after", "\nExample: mayfly keys add");
  for (const add of [keysList, keysAdd, keysRetire, keysRemove]) add(group);
}
