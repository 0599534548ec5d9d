import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { ServerName } from "../machine/debian.ts";

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const example = (name: string) => pathOf(`../../../examples/minting/${name}`);

/** A language with an example that mints, and how a driver of ours is run with it. */
export interface Language {
  /** The file in `examples/minting/`. */
  file: string;
  /** Debian's interpreter or compiler; nothing for what every machine of the tests has. */
  needs?: ServerName[];
  /** Compiles into a folder. */
  compile?: (folder: string) => string[];
  /** The command that reads requests from stdin. */
  run: (folder: string) => string[];
}

/** The languages that the examples are in. */
export const languages = {
  Python: { file: "mint.py", run: () => ["/usr/bin/python3", pathOf("drive.py")] },
  PHP: {
    file: "mint.php",
    needs: ["php"],
    run: () => ["php", "-n", pathOf("drive.php"), example("mint.php")],
  },
  "PHP with intl": {
    file: "mint.php",
    needs: ["php", "laravel"], // which brings intl
    run: () => ["php", pathOf("drive.php"), example("mint.php")],
  },
  Ruby: {
    file: "mint.rb",
    needs: ["ruby"],
    run: () => ["ruby", "-r", example("mint.rb"), pathOf("drive.rb")],
  },
  Go: {
    file: "mint.go",
    needs: ["gccgo"],
    compile: (to) => ["gccgo", "-O0", "-o", `${to}/drive`, example("mint.go"), pathOf("drive.go")],
    run: (folder) => [`${folder}/drive`],
  },
  Java: {
    file: "Mint.java",
    needs: ["javac"],
    compile: (to) => [
      "javac",
      "-encoding",
      "UTF-8",
      "-d",
      to,
      example("Mint.java"),
      pathOf("Drive.java"),
    ],
    run: (folder) => ["java", "-XX:TieredStopAtLevel=1", "-cp", folder, "Drive"],
  },
  "C#": {
    file: "Mint.cs",
    needs: ["mono"],
    compile: (to) => ["mcs", `-out:${to}/drive.exe`, example("Mint.cs"), pathOf("Drive.cs")],
    run: (folder) => ["mono", `${folder}/drive.exe`],
  },
  Elixir: {
    file: "mint.exs",
    needs: ["elixir"],
    run: () => ["elixir", "-r", example("mint.exs"), pathOf("drive.exs")],
  },
  shell: { file: "mint.sh", run: () => ["bash", pathOf("drive.sh"), example("mint.sh")] },
  WebCrypto: {
    file: "mint.mjs",
    run: () => [process.execPath, pathOf("drive.mjs"), example("mint.mjs")],
  },
} satisfies Record<string, Language>;

/** The name of a language. */
export type LanguageName = keyof typeof languages;

/** What to mint, as each example takes it. */
export interface MintingRequest {
  secret: string;
  localpart: string;
  host: string;
  ttl: number;
  now: number;
}

/** What an example made of a request. */
export interface Minted {
  xmpp: { username: string; password: string };
  sip: { username: string; password: string };
  expires: number;
  jid: string;
}

/**
 * Has an example mint, all in one process.
 *
 * @returns in the order of the requests, `undefined` for a localpart that it refuses
 */
export async function mintWith(
  name: LanguageName,
  requests: MintingRequest[],
): Promise<(Minted | undefined)[]> {
  const { compile, run }: Language = languages[name];
  const folder = mkdtempSync(join(tmpdir(), "mayfly-minting-"));
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    LANG: "C.UTF-8",
    PYTHONPATH: example(""),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  try {
    if (compile) await runCommand(compile(folder), env);
    const hex = (it: string) => Buffer.from(it).toString("hex");
    const lines = requests.map(({ secret, localpart, host, ttl, now }) =>
      [hex(secret), hex(localpart), hex(host), ttl, now].join(" "),
    );
    const said = await runCommand(run(folder), env, `${lines.join("\n")}\n`);
    const answers = said.trimEnd().split("\n");
    if (answers.length !== requests.length) throw new Error(`${name} said ${said}`);
    return answers.map(parse);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws Error with what the command writes to stderr */
async function runCommand(
  [command = "", ...args]: string[],
  env: Record<string, string>,
  input = "",
): Promise<string> {
  const child = spawn(command, args, { env });
  child.stdin.end(input);
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (errors) throw new Error(`${command}: ${errors}`);
  return said;
}

function parse(line: string): Minted | undefined {
  if (line === "refused") return undefined;
  const [username = "", password = "", sipUsername = "", mac = "", expires, jid = ""] =
    line.split("\t");
  const sip = { username: sipUsername, password: mac };
  return { xmpp: { username, password }, sip, expires: Number(expires), jid };
}
