import { type Completable, flat, type Value, valued } from "./model.ts";

/**
 * Completion script for bash. It needs only bash, and never evaluates what the user has typed: pressing
 * Tab on a line with `$(…)` must not run it.
 */
export function bashScript(root: Completable): string {
  const all = flat(root);
  const paths = all.slice(1).map(({ path }) => quoted(path));
  return `# Completes mayfly in bash: eval "$(mayfly completion bash)"
_mayfly_keys() {
  local i file=
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == --config ]] || continue
    file=\${COMP_WORDS[i + 1]}
    [[ $file == = ]] && file=\${COMP_WORDS[i + 2]}
  done
  # Ids with characters special to the shell are left out.
  mayfly keys list \${file:+--config "\${file/#\\~\\//$HOME/}"} 2>/dev/null </dev/null |
    sed -n '2,$s/^\\([A-Za-z0-9_][A-Za-z0-9_.-]*\\)  .*/\\1/p'
}

_mayfly() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local at= given= options= words= kind=words word i
  COMPREPLY=()
  # bash splits --option=value into three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valued(root).join(" | ")})
        [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
        ((i++))
        ;;
      -*) ;;
      *)
        case "$at $word" in
          ${paths.join(" | ")}) at="$at $word" ;;
          *) given=1 ;;
        esac
        ;;
    esac
  done
  case $at in
${all.map(branch).join("\n")}
  esac
  case $prev in
    ${valued(root).join(" | ")}) ;;
    *) [[ $cur == -* || $kind$words$cur == words ]] && kind=words words=$options ;;
  esac
  case $kind in
    words) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    keys) COMPREPLY=($(compgen -W "$(_mayfly_keys)" -- "$cur")) ;;
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
  esac
}
complete -F _mayfly mayfly
`;
}

/** The `case` branch with the completions of one command. */
function branch({ path, commands, options, argument }: Completable): string {
  const names = commands.map((it) => it.path.at(-1) ?? "");
  const first = commands.length > 0 ? { words: names } : argument;
  const values = options.flatMap(({ name, value }) =>
    value ? [`${name}) ${assign(value)} ;;`] : [],
  );
  return `    ${path.length > 0 ? quoted(path) : "''"})
      options='${options.map(({ name }) => name).join(" ")}'${first ? `\n      [[ $given ]] || ${assign(first)}` : ""}
      case $prev in
        ${values.join("\n        ")}
      esac
      ;;`;
}

function assign(value: Value): string {
  if (typeof value === "object") return `kind=words words='${value.words.join(" ")}'`;
  const kinds = { file: "files", folder: "folders", key: "keys", text: "words words=" };
  return `kind=${kinds[value]}`;
}

/** `" keys add"` */
function quoted(path: readonly string[]): string {
  return `"${path.map((name) => ` ${name}`).join("")}"`;
}
