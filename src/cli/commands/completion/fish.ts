import { type Completable, flat, type Value, valued } from "./model.ts";

/** Completion script for fish. */
export function fishScript(root: Completable): string {
  const all = flat(root);
  const paths = all.slice(1).map(({ path }) => quote(` ${path.join(" ")}`));
  return `# Completes mayfly in fish: mayfly completion fish > ~/.config/fish/completions/mayfly.fish

# The command typed so far; in a second line, 1 if it has an argument already.
function __mayfly_typed
    set -l words (commandline -opc)
    set -l path
    set -l given
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case ${valued(root).join(" ")}
                set -e words[1]
            case '-*'
            case '*'
                if contains -- "$path $words[1]" ${paths.join(" ")}
                    set path "$path $words[1]"
                else
                    set given 1
                end
        end
        set -e words[1]
    end
    echo "$path"
    echo "$given"
end

function __mayfly_is
    set -l typed (__mayfly_typed)
    test "$(string trim -- $typed[1])" = "$argv"
end

function __mayfly_expects
    set -l typed (__mayfly_typed)
    test "$(string trim -- $typed[1])" = "$argv" -a -z "$typed[2]"
end

function __mayfly_keys
    set -l words (commandline -opc)
    set -l file
    for i in (seq (count $words))
        if test "$words[$i]" = --config
            set file --config $words[(math $i + 1)]
        else if string match -q -- '--config=*' $words[$i]
            set file --config (string replace -- --config= '' $words[$i])
        end
    end
    set file (string replace -r -- '^~/' "$HOME/" $file)
    mayfly keys list $file 2>/dev/null </dev/null | tail -n +2 |
        string replace -rf -- '^([A-Za-z0-9_][A-Za-z0-9_.-]*)  .*' '$1'
end

complete -c mayfly -f
${all.flatMap(linesFor).join("\n")}
`;
}

function linesFor({ path, commands, options, argument }: Completable): string[] {
  const command = path.map((name) => ` ${name}`).join("");
  const expects = `complete -c mayfly -n '__mayfly_expects${command}'`;
  return [
    ...commands.map((it) => `${expects} -a ${it.path.at(-1)} -d ${quote(it.about)}`),
    ...(argument && argument !== "text" ? [`${expects} ${candidates(argument)}`] : []),
    ...options.map(({ name, about, value }) => {
      const how = value === undefined ? "" : ` -r ${candidates(value)}`;
      return `complete -c mayfly -n '__mayfly_is${command}' -l ${name.slice(2)}${how} -d ${quote(about)}`;
    }),
  ];
}

function candidates(value: Value): string {
  if (typeof value === "object") return `-f -a ${quote(value.words.join(" "))}`;
  const kinds = {
    file: "-F",
    folder: "-f -a '(__fish_complete_directories)'",
    key: "-f -a '(__mayfly_keys)'",
    text: "-f",
  };
  return kinds[value];
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
