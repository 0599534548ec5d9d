import { text } from "node:stream/consumers";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { parseDuration } from "../config/index.ts";
import { parseBareJid } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/**
 * The one line for an error that a person can mend: empty where commander has said it already,
 * `undefined` for a defect of ours.
 */
export function lineFor(error: unknown): string | undefined {
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return "";
    const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    // What is given to an option that does not exist may be a secret.
    return `${message.replace(/(unknown option '[^'=]*)=[^']*/, "$1")}; see mayfly --help`;
  }
  return error instanceof MayflyError ? error.message : undefined;
}

/** The file named with `--config`, before or behind the command. */
export function configFile(command: Command): string | undefined {
  return command.optsWithGlobals<{ config?: string }>().config;
}

/** Reads a duration option. */
export function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError("Write 90s, 10m or 24h.");
  return seconds;
}

/** Reads the option of a host. */
export function hostName(text: string): string {
  try {
    return parseBareJid(`any@${text}`).host;
  } catch {
    throw new InvalidArgumentError("Write a host in lower case, such as example.com.");
  }
}

/** What was given as an argument, or with `-` on standard input. */
export async function given(argument: string): Promise<string> {
  return argument === "-" ? (await text(process.stdin)).replace(/\r?\n$/, "") : argument;
}
