import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { main, mayfly } from "../support/cli/run-cli.ts";
import { programHere } from "../support/cli/run-in-process.ts";
import { press } from "../support/cli/shell-completion.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const folder = mkdtempSync(join(tmpdir(), "mayfly-completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const trap = path("sprung");
const secret = "0123456789abcdef0123456789abcdef";
const keys = (...ids: string[]) => JSON.stringify({ keys: ids.map((id) => ({ id, secret })) });

symlinkSync(main, path("mayfly"));
for (const shell of ["bash", "zsh", "fish"]) {
  writeFileSync(path(shell), mayfly(["completion", shell]).stdout);
}
writeFileSync(path("mayfly.yml"), keys("old", "2026-11", `$(touch ${trap})`, "`id`"), {
  mode: 0o600,
});
writeFileSync(path("other.yml"), keys("another"), { mode: 0o600 });

const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, ZDOTDIR: folder };
const run = (shell: string, args: string[]) =>
  execFileSync(shell, args, { cwd: folder, env, encoding: "utf8" });

/** What bash offers for each line: its function is called as bash calls it. */
function bash(lines: string[]): string[][] {
  const words = (line: string) => line.match(/[=:@]|[^\s=:@]+|(?<=\s)$/g) ?? [];
  const tries = lines.map((line) => {
    const typed = words(line).map((word) => `'${word}'`);
    return `COMP_WORDS=(${typed.join(" ")}); COMP_CWORD=${typed.length - 1}; COMPREPLY=(); _mayfly; echo "\${COMPREPLY[@]}"`;
  });
  const script = [`source ${path("bash")}`, 'compopt() { COMPREPLY=("$@"); }', ...tries];
  return offers(run("bash", ["--norc", "-c", script.join("\n")]));
}

/** What fish offers for each line. */
function fish(lines: string[]): string[][] {
  const tries = lines.map((line) => `echo (complete -C '${line}' | string split -f 1 \\t)`);
  return offers(
    run("fish", ["--no-config", "-c", [`source ${path("fish")}`, ...tries].join("\n")]),
  );
}

const offers = (output: string) =>
  output
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" ").filter(Boolean).sort());

const commands =
  "check completion doctor explain extauth help init keys mint revoke selftest serve sessions verify";
const table: [line: string, offered: string][] = [
  ["mayfly ", commands],
  ["mayfly mi", "mint"],
  ["mayfly --config other.yml s", "selftest serve sessions"],
  ["mayfly keys ", "add help list remove retire"],
  ["mayfly keys re", "remove retire"],
  ["mayfly help ", commands.replace("help ", "")],
  ["mayfly completion ", "bash fish zsh"],
  ["mayfly init --server ", "ejabberd prosody"],
  ["mayfly mint alice@example.com --service ", "all sip turn xmpp"],
  ["mayfly mint --ttl 10m --format m", "mojoauth"],
  ["mayfly mint --ttl ", ""],
  ["mayfly keys retire ", "2026-11 old"],
  ["mayfly keys remove 2", "2026-11"],
  ["mayfly keys retire old 2", ""],
  ["mayfly keys retire --config other.yml ", "another"],
  ["mayfly --config=other.yml keys retire ", "another"],
  ["mayfly keys retire --config none.yml ", ""],
  ["mayfly mint --key o", "old"],
  ["mayfly verify alice@example.com keys re", ""],
  [`mayfly verify $(touch ${trap}) --js`, "--json"],
];

const program = await programHere();
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Every option of every command, and every value of those that have a choice. */
function everything(): [line: string, offered: string[]][] {
  return all(program).flatMap((command) => {
    const name = nameOf(command);
    const own = command.options.map((it) => String(it.long));
    const options = command.parent ? [...own, "--config", "--help"] : [...own, "--help"];
    const choices = command.options.flatMap(({ long, argChoices }): [string, string[]][] =>
      argChoices ? [[`${name} ${long} `, [...argChoices].sort()]] : [],
    );
    return [[`${name} --`, options.sort()], ...choices];
  });
}

for (const [shell, suite, offer] of [
  ["bash", describe, bash],
  ["fish", describeWith("fish"), fish],
] as const) {
  suite(`in ${shell}, mayfly completion`, () => {
    test("offers what can come next, and no more", () => {
      const offered = offer(table.map(([line]) => line));
      expect(table.map(([line], index) => [line, offered[index]?.join(" ")])).toEqual(table);
    });

    test("knows every command, option and choice", () => {
      const expected = everything();
      const offered = offer(expected.map(([line]) => line));
      expect(expected.map(([line], index) => [line, offered[index]])).toEqual(expected);
    });

    test("runs nothing that is typed, and nothing that a key is called", () => {
      offer(table.map(([line]) => line));
      expect(existsSync(trap)).toBe(false);
    });
  });
}

describeWith("fish")("fish", () => {
  test("completes files and folders where they are meant", () => {
    expect(fish(["mayfly --config oth", "mayfly doctor --ca oth", "mayfly mint oth"])).toEqual([
      ["other.yml"],
      ["other.yml"],
      [],
    ]);
  });
});

const shells = {
  bash: {
    command: "bash --norc --noprofile -i",
    setUp: `source ${path("bash")}; bind 'set bell-style none'; PS1='ready> '`,
  },
  zsh: {
    command: "zsh -f -i",
    setUp: `autoload -Uz compinit; compinit -C -u -d ${path("zcompdump")}; eval "$(<${path("zsh")})"; PS1='ready> '`,
  },
};

for (const [name, suite] of [
  ["bash", describe],
  ["zsh", describeWith("zsh")],
] as const) {
  const at = { ...shells[name], cwd: folder, env };
  suite(`on a terminal of ${name}, the Tab key`, () => {
    test.each([
      ["a command", "mayfly mi\t", /mayfly mint /],
      ["a command of keys", "mayfly keys ret\t", /mayfly keys retire /],
      ["an option", "mayfly mint --ser\t", /mayfly mint --service/],
      ["a choice", "mayfly mint --service tu\t", /--service turn /],
      ["a choice behind =", "mayfly mint --service=tu\t", /--service=turn /],
      ["a file", "mayfly --config oth\t", /--config other\.yml /],
      ["a file of a command", "mayfly doctor --ca oth\t", /--ca other\.yml /],
      ["the id of a key", "mayfly keys retire ol\t", /retire old /],
      ["that of another file", "mayfly keys retire --config other.yml an\t", /another /],
    ])("completes %s", async (_, typed, shows) => {
      await press(at, typed, shows);
    });

    test("lists what there is to choose from", async () => {
      const list = /all\s+sip\s+turn\s+xmpp/;
      expect(await press(at, "mayfly mint --service \t\t", list)).not.toContain("mayfly.yml");
      const ids = await press(at, "mayfly keys retire \t\t", /2026-11\s+old/);
      expect(ids).not.toContain("touch");
      expect(existsSync(trap)).toBe(false);
    });

    test("runs nothing that is typed", async () => {
      await press(at, `mayfly verify "$(touch ${trap})" --js\t`, /--json /);
      expect(existsSync(trap)).toBe(false);
    });
  });
}

describeWith("zsh")("zsh", () => {
  test("knows every command, option and choice", async () => {
    const at = { ...shells.zsh, cwd: folder, env };
    for (const [line, offered] of everything()) {
      // Each word by itself: what a terminal lists is cut and folded.
      const shown = offered.map((word) => `(?=[^]*(?<![\\w-])${word}(?![\\w-]))`).join("");
      await press(at, `LISTMAX=999\n${line}\t\t`, new RegExp(`ready> [^]*${shown}`));
    }
  });
});
