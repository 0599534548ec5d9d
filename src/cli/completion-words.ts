import type { Argument, Command, Option } from "commander";

/** What can stand for a value: one of a few words, a path, the id of a key, or anything. */
export type Value = { words: readonly string[] } | "file" | "folder" | "key" | "text";

/** A command, and what can follow it. */
export interface Completable {
  /** `["keys", "add"]`; empty for `mayfly` itself. */
  path: readonly string[];
  about: string;
  commands: readonly Completable[];
  options: readonly CompletableOption[];
  /** Its first argument; those behind it can be anything. */
  argument?: Value;
}

/** An option; one without a value is a switch. */
export interface CompletableOption {
  /** `--ttl` */
  name: string;
  about: string;
  value?: Value;
}

/** What can be completed of a command, and of all below it. */
export function completable(command: Command, path: readonly string[] = []): Completable {
  const commands = command.commands.map((it) => completable(it, [...path, it.name()]));
  const options = optionsOf(command);
  if (commands.length > 0) {
    const names = commands.map((it) => it.path.at(-1) ?? "");
    const help = { path: [...path, "help"], about: "show the help of a command" };
    commands.push({ ...help, commands: [], options: [], argument: { words: names } });
  }
  const [argument] = command.registeredArguments;
  return {
    ...{ path, about: command.description(), commands, options },
    ...(argument && { argument: kindOfArgument(argument) }),
  };
}

/** A command and those below it, in one list. */
export function flat(command: Completable): Completable[] {
  return [command, ...command.commands.flatMap(flat)];
}

/** The options with a value. None is a switch elsewhere, so that its name alone tells. */
export function valued(root: Completable): string[] {
  const options = flat(root).flatMap(({ options }) => options);
  return [...new Set(options.filter(({ value }) => value).map(({ name }) => name))];
}

function optionsOf(command: Command): CompletableOption[] {
  const help = command.createHelp();
  const version = command.parent ? "--version" : undefined;
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
    .filter(({ long }) => long && long !== version)
    .map((option) => ({
      name: option.long as string,
      about: option.description,
      ...(option.required && { value: kindOf(option) }),
    }));
}

function kindOf({ argChoices, flags }: Option): Value {
  if (argChoices) return { words: argChoices };
  const kinds: Record<string, Value> = { "<file>": "file", "<folder>": "folder", "<id>": "key" };
  return kinds[flags.split(" ")[1] ?? ""] ?? "text";
}

/** An id that may be left out is that of a key to come. */
function kindOfArgument(argument: Argument): Value {
  if (argument.argChoices) return { words: argument.argChoices };
  if (argument.name() === "id" && argument.required) return "key";
  return argument.name() === "program" ? "file" : "text";
}
