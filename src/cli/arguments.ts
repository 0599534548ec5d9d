import { text as readText } from "node:stream/consumers";
import { type Command, CommanderError } from "commander";
import { MayflyError } from "../error.ts";
import { redact } from "../runtime/redact.ts";
import { describeError } from "./errors.ts";

/**
 * The one-line message for an error that the user can fix: empty if commander has printed it already,
 * `undefined` for a bug in Mayfly.
 *
 * @param command - the command that was called
 */
export function userMessage(error: unknown, command?: Command): string | undefined {
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return "";
    return redact(`${describeError(error)}; see ${nameOf(command)} --help`);
  }
  return error instanceof MayflyError ? redact(error.message) : undefined;
}

/** Finds the command that was called, even if the command line is invalid. */
export function findCommand(program: Command, words: readonly string[]): Command {
  for (const [index, word] of words.entries()) {
    const command = program.commands.find((it) => it.name() === word);
    if (command) return findCommand(command, words.slice(index + 1));
  }
  return program;
}

function nameOf(command?: Command | null): string {
  if (!command) return "mayfly";
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** Refuses options with an empty value, such as an unset shell variable. */
export function assertValues(command: Command): void {
  for (const option of command.options) {
    if (command.getOptionValue(option.attributeName()) !== "") continue;
    const fix = "give it a value, or leave it out";
    throw new MayflyError("ERR_REQUEST", `${option.flags} is empty: ${fix}`);
  }
  if (command.parent) assertValues(command.parent);
}

/** Value of `--config`, before or after the command's name. */
export function configFile(command: Command): string | undefined {
  return command.optsWithGlobals<{ config?: string }>().config;
}

/** The argument itself, or standard input without its last newline for `-`. */
export async function argumentOrStdin(argument: string): Promise<string> {
  return argument === "-" ? (await readText(process.stdin)).replace(/\r?\n$/, "") : argument;
}
