import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Hash } from "../../../src/credential/index.ts";
import type { VectorCase, VectorDecision } from "../data/mojoauth-vectors.ts";
import { ejabberdRoot, withProgramsOf } from "../machine/newer-debian.ts";
import { compileModMayfly } from "../servers/mod-mayfly.ts";
import { erlangLibraries } from "../servers/prepared-ejabberd.ts";

/** What mod_mayfly decides on a login; it is always told who logs in. */
export type ErlangLogin = Omit<VectorCase, "name" | "decision" | "keys" | "user"> & {
  user: string;
  keys: readonly { id: string; algorithm: Hash; secret: string }[];
};

/** mod_mayfly without an ejabberd around it. */
export interface ErlangMojoauth {
  verify(logins: readonly ErlangLogin[]): Promise<VectorDecision[]>;
  /** The ids of credentials, by which a revocation names them; `null` for what is none. */
  identify(passwords: readonly string[]): Promise<(string | null)[]>;
  /** The secrets that files hold; `null` where one holds none. */
  readSecrets(files: readonly string[]): Promise<(string | null)[]>;
  stop(): Promise<void>;
}

/** Starts it, for the Erlang of the ejabberd that is tested. */
export function startErlangMojoauth(): ErlangMojoauth {
  const ebin = mkdtempSync(join(tmpdir(), "mayfly-ebin-"));
  compileModMayfly(ebin);
  const script = fileURLToPath(new URL("verify-mojoauth.escript", import.meta.url));
  const [command, ...args] = withProgramsOf(ejabberdRoot, ["escript", script, ebin]);
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ERL_LIBS: erlangLibraries },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async verify(logins) {
      const answers = await ask(logins.map(encodeLogin));
      return answers.map((answer, index) => decode(answer, logins[index]?.user ?? ""));
    },
    async identify(passwords) {
      const answers = await ask(passwords.map((password) => `facts ${encode(password)}`));
      return answers.map((answer) => (answer === "none" ? null : answer));
    },
    async readSecrets(files) {
      const answers = await ask(files.map((file) => `file ${encode(file)}`));
      return answers.map((answer) =>
        answer === "none" ? null : Buffer.from(answer.slice(3), "base64").toString(),
      );
    },
    async stop() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
      rmSync(ebin, { recursive: true });
    },
  };

  async function ask(questions: readonly string[]): Promise<string[]> {
    child.stdin.write(`${questions.join("\n")}\n`);
    const answers: string[] = [];
    while (answers.length < questions.length) {
      const { value, done } = await lines.next();
      if (done)
        throw new Error(`it ended at question ${answers.length}: ${questions[answers.length]}`);
      answers.push(value);
    }
    return answers;
  }
}

function encodeLogin(login: ErlangLogin): string {
  const { user, host, password, now, maxTtl, leeway, hostBound, keys } = login;
  const words = [encode(user), encode(host), encode(password), now, maxTtl, leeway, hostBound];
  const hashOf = (algorithm: Hash) => (algorithm === "sha1" ? "sha" : algorithm);
  const known = keys.flatMap(({ id, algorithm, secret }) => [
    id,
    hashOf(algorithm),
    encode(secret),
  ]);
  return [...words, ...known].join(" ");
}

function encode(text: string | Buffer): string {
  return `.${Buffer.from(text as string).toString("base64")}`;
}

function decode(answer: string, user: string): VectorDecision {
  const [, expires, key = ""] = /^ok (\d+) (.+)$/.exec(answer) ?? [];
  if (expires === undefined) return { ok: false, reason: answer };
  return { ok: true, user, expires: Number(expires), key };
}
