import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ejabberdRoot, withProgramsOf } from "../machine/newer-debian.ts";

/** A text goes in as hex; a refused one comes out as a colon, which no localpart has. */
const program = `
  {ok, _} = application:ensure_all_started(stringprep),
  {ok, Texts} = file:read_file("texts"),
  Lines = binary:split(Texts, <<"\\n">>, [global, trim]),
  Prepared = lists:map(fun jid:nodeprep/1, lists:map(fun binary:decode_hex/1, Lines)),
  Show = fun(It) -> [maps:get(It, #{error => ":"}, It), "\\n"] end, % OTP 27 is slow at clauses here
  ok = file:write_file("prepared", lists:map(Show, Prepared)),
  halt().`;

/** What ejabberd itself makes of each localpart; `undefined` for one that it refuses. */
export function nodeprep(texts: string[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-nodeprep-"));
  try {
    const lines = texts.map((text) => `${Buffer.from(text).toString("hex")}\n`);
    writeFileSync(join(folder, "texts"), lines.join(""));
    const [command, ...args] = withProgramsOf(ejabberdRoot, ["erl", "-noinput", "-eval", program]);
    execFileSync(command, args, {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", HOME: folder, ERL_CRASH_DUMP_BYTES: "0" },
    });
    return readFileSync(join(folder, "prepared"), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => (line === ":" ? undefined : line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
