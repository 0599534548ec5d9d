import type { Command } from "commander";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { completable } from "./model.ts";
import { zshScript } from "./zsh.ts";

/** Completion scripts by shell. Except for key ids they are complete, so that Tab does not start mayfly. */
export const scripts = {
  bash: (program: Command) => bashScript(completable(program)),
  zsh: (program: Command) => zshScript(completable(program)),
  fish: (program: Command) => fishScript(completable(program)),
};
