import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = `
  {ok, _} = application:ensure_all_started(stringprep),
  {ok, Texts} = file:read_file("texts"),
  Prepare = fun(Line) ->
    case jid:nodeprep(binary:decode_hex(Line)) of
      error -> "refused\\n";
      Prepared -> [binary:encode_hex(Prepared), "\\n"]
    end
  end,
  Lines = binary:split(Texts, <<"\\n">>, [global, trim]),
  ok = file:write_file("prepared", lists:map(Prepare, Lines)),
  halt().`;

/** What ejabberd itself makes of each localpart; `undefined` for one that it refuses. */
export function nodeprep(texts: string[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-nodeprep-"));
  try {
    const lines = texts.map((text) => `${Buffer.from(text).toString("hex")}\n`);
    writeFileSync(join(folder, "texts"), lines.join(""));
    execFileSync("erl", ["-noinput", "-eval", program], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", HOME: folder, ERL_CRASH_DUMP_BYTES: "0" },
    });
    return readFileSync(join(folder, "prepared"), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => (line === "refused" ? undefined : Buffer.from(line, "hex").toString()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
