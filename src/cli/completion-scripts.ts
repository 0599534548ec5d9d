import type { Command } from "commander";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { completable } from "./completion-words.ts";
import { zshScript } from "./completion-zsh.ts";

/** The script for each shell: all of it is settled now, so that the Tab key starts no program. */
export const scripts = {
  bash: (program: Command) => bashScript(completable(program)),
  zsh: (program: Command) => zshScript(completable(program)),
  fish: (program: Command) => fishScript(completable(program)),
};
