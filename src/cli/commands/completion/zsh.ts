import { type Completable, flat, type Value } from "./model.ts";

/** Completion script for zsh: evaluate it, or put it on `fpath` as `_mayfly`. */
export function zshScript(root: Completable): string {
  return `#compdef mayfly
# Completes mayfly in zsh: eval "$(mayfly completion zsh)"

_mayfly_keys() {
  local file
  local -a ids
  integer i
  for ((i = 2; i < $#typed; i++)); do
    [[ $typed[i] == --config ]] && file=$typed[i+1]
    [[ $typed[i] == --config=* ]] && file=\${typed[i]#*=}
  done
  # Ids with characters special to the shell are left out.
  ids=(\${(f)"$(mayfly keys list \${file:+--config} \${file:+\${file/#\\~\\//$HOME/}} 2>/dev/null </dev/null |
    sed -n '2,$s/^\\([A-Za-z0-9_][A-Za-z0-9_.-]*\\)  .*/\\1/p')"})
  compadd -a ids
}

${flat(root).map(functionFor).join("\n")}
_mayfly() {
  local -a typed=("\${words[@]}")
  _mayfly_at
}

if [[ $funcstack[1] == _mayfly ]]; then
  _mayfly "$@"
else
  compdef _mayfly mayfly
fi
`;
}

function functionFor({ path, commands, options, argument }: Completable): string {
  const specs = options.map(({ name, about, value }) => {
    const text = about.replace(/[\\:[\]]/g, "\\$&");
    return value
      ? quote(`*${name}=[${text}]:${name.slice(2)}:${action(value)}`)
      : quote(`${name}[${text}]`);
  });
  if (commands.length === 0) {
    const what = argument === undefined || argument === "text" ? "{:}" : action(argument);
    const rest = argument === "file" || what === "{:}" ? `*:value:${what}` : `1:value:${what}`;
    return `${nameOf(path)}() {
  _arguments ${[...specs, quote(rest)].join(" \\\n    ")}
}
`;
  }
  const names = commands.map((it) => it.path.at(-1) ?? "");
  const described = commands.map((it) => quote(`${it.path.at(-1)}:${it.about}`));
  return `${nameOf(path)}() {
  local curcontext=$curcontext state line
  local -a commands=(
    ${described.join("\n    ")}
  )
  _arguments -C -A '-*' ${[...specs, "'1: :->command'", "'*:: :->rest'"].join(" \\\n    ")}
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
        ${names.map((name) => `${name}) ${nameOf([...path, name])} ;;`).join("\n        ")}
      esac
      ;;
  esac
}
`;
}

/** A space is an action without completions; for an argument it must be `{:}`, or options would not complete. */
function action(value: Value): string {
  if (typeof value === "object") return `(${value.words.join(" ")})`;
  return { file: "_files", folder: "_files -/", key: "_mayfly_keys", text: " " }[value];
}

function nameOf(path: readonly string[]): string {
  return ["_mayfly_at", ...path].join("_");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
