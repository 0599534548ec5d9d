import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { ConfigError, parseDuration } from "../config/index.ts";
import { IdError } from "../credential/index.ts";
import { MintError } from "../mint/index.ts";

const errors = [ConfigError, IdError, MintError];

/**
 * The one line for an error that a person can mend: empty where commander has said it already,
 * `undefined` for a defect of ours.
 */
export function explain(error: unknown): string | undefined {
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return "";
    return `${error.message.replace(/^error: /, "").replaceAll("\n", " ")}; see mayfly --help`;
  }
  const isOurs = errors.some((type) => error instanceof type);
  return isOurs ? (error as Error).message : undefined;
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
