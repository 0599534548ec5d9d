import { text } from "node:stream/consumers";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { parseDuration } from "../config/index.ts";
import { type BareJid, parseBareJid, takeApart } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { complaint, withoutCredentials } from "./complaint.ts";

/**
 * The one line for an error that a person can mend: empty where commander has said it already,
 * `undefined` for a defect of ours.
 *
 * @param command - the one that was asked for
 */
export function lineFor(error: unknown, command?: Command): string | undefined {
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return "";
    return withoutCredentials(`${complaint(error)}; see ${nameOf(command)} --help`);
  }
  return error instanceof MayflyError ? withoutCredentials(error.message) : undefined;
}

/** The command that was asked for, also where the command line is wrong. */
export function asked(program: Command, words: readonly string[]): Command {
  for (const [index, word] of words.entries()) {
    const command = program.commands.find((it) => it.name() === word);
    if (command) return asked(command, words.slice(index + 1));
  }
  return program;
}

function nameOf(command?: Command | null): string {
  if (!command) return "mayfly";
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** Insists that no option is given an empty value, as by a variable of a shell that is not set. */
export function insistOnValues(command: Command): void {
  for (const option of command.options) {
    if (command.getOptionValue(option.attributeName()) !== "") continue;
    const fix = "give it a value, or leave it out";
    throw new MayflyError("ERR_REQUEST", `${option.flags} is empty: ${fix}`);
  }
  if (command.parent) insistOnValues(command.parent);
}

/**
 * Reads a bare JID. What is none is not shown: it may be a credential in the wrong place.
 *
 * @param what - the argument or option that it was given as
 */
export function bareJid(text: string, what: string): BareJid {
  if (text.includes("@") && !takeApart(text)) return parseBareJid(text);
  const fix = "write localpart@host, such as alice@example.com";
  throw new MayflyError("ERR_ID", `${what} is not a bare JID: ${fix}`);
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

/** Refuses what only a jitsi token has, where none is meant. */
export function insistOnJitsi(options: {
  profile?: string;
  audience?: string;
  room?: string;
}): void {
  const { profile, audience, room } = options;
  if (profile === "jitsi" || (audience ?? room) === undefined) return;
  const option = audience === undefined ? "--room" : "--audience";
  throw new MayflyError("ERR_REQUEST", `${option} is for jitsi tokens: add --profile jitsi`);
}

/** What was given as an argument, or with `-` on standard input. */
export async function given(argument: string): Promise<string> {
  return argument === "-" ? (await text(process.stdin)).replace(/\r?\n$/, "") : argument;
}
