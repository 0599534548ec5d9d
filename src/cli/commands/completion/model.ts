import type { Argument, Command, Option } from "commander";

/** Kind of a value: one of a few words, a path, the id of a key, or any text. */
export type Value = { words: readonly string[] } | "file" | "folder" | "key" | "text";

/** A command and its completions. */
export interface Completable {
  /** `["keys", "add"]`; empty for `mayfly` itself. */
  path: readonly string[];
  /** Its description. */
  about: string;
  commands: readonly Completable[];
  options: readonly CompletableOption[];
  /** Its first argument; later ones are any text. */
  argument?: Value;
}

/** An option; without `value` it is a switch. */
export interface CompletableOption {
  /** `--ttl` */
  name: string;
  about: string;
  value?: Value;
}

/** Describes a command and its subcommands for completion. */
export function completable(command: Command, path: readonly string[] = []): Completable {
  const commands = command.commands.map((it) => completable(it, [...path, it.name()]));
  const options = optionsOf(command);
  if (commands.length > 0) {
    const names = commands.map((it) => it.path.at(-1) ?? "");
    const help = { path: [...path, "help"], about: "Show help for a command." };
    commands.push({ ...help, commands: [], options: [], argument: { words: names } });
  }
  const [argument] = command.registeredArguments;
  return {
    path,
    about: command.description(),
    commands,
    options,
    ...(argument && { argument: kindOfArgument(argument) }),
  };
}

/** Flattens a command and its subcommands to one list. */
export function flat(command: Completable): Completable[] {
  return [command, ...command.commands.flatMap(flat)];
}

/** Names of the options with a value. No other command has a switch of the same name, so the name is enough. */
export function valued(root: Completable): string[] {
  const options = flat(root).flatMap((command) => command.options);
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

/** An optional id is that of a new key, which cannot be completed. */
function kindOfArgument(argument: Argument): Value {
  if (argument.argChoices) return { words: argument.argChoices };
  if (argument.name() === "id" && argument.required) return "key";
  return argument.name() === "program" ? "file" : "text";
}
