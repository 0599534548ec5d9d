import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { KeyInput } from "../../../src/keyring/index.ts";
import { prosodyRoot, withProgramsOf } from "../machine/newer-debian.ts";

const script = fileURLToPath(new URL("verify-mojoauth.lua", import.meta.url));
const moduleFolder = fileURLToPath(new URL("../../../prosody/mod_auth_mayfly", import.meta.url));

/** A login for the Lua of mod_auth_mayfly to decide on. Times are in Unix seconds. */
export interface LuaLogin {
  /** Whether the password is a MojoAuth username, whose MACs are asked for. @defaultValue `check` */
  op?: "check" | "mac";
  keys: Pick<KeyInput, "id" | "algorithm" | "secret">[];
  user?: string | undefined;
  host: string;
  password: Buffer;
  now: number;
  policy: { maxTtl: number; leeway: number; hostBound: boolean };
}

/** What it decides. */
export type LuaDecision =
  | { ok: true; user: string; expires: number; key: string }
  | { ok: true; macs: string[] }
  | { ok: false; reason: string };

/** Has the module's Lua decide on logins, in the Lua of the Prosody that is tested. */
export function decideInLua(logins: readonly LuaLogin[]): LuaDecision[] {
  const input = logins.map(({ keys, user, host, password, policy, ...rest }) => ({
    ...rest,
    keys: keys.map(({ algorithm = "sha1", secret, ...key }) => ({
      ...key,
      algorithm,
      secret: hex(secret),
    })),
    ...(user !== undefined && { user: hex(user) }),
    host: hex(host),
    password: hex(password),
    policy: { max_ttl: policy.maxTtl, leeway: policy.leeway, host_bound: policy.hostBound },
  }));
  const decisions = run(["decide"], JSON.stringify(input)) as LuaDecision[];
  return decisions.map((decision) =>
    "user" in decision
      ? { ...decision, user: Buffer.from(decision.user, "hex").toString() }
      : decision,
  );
}

/** Has it read a secret from a file: the secret, or what is wrong with the file. */
export function readSecretInLua(path: string): { secret?: string; problem?: string } {
  return run(["read", path]) as { secret?: string; problem?: string };
}

function run(words: string[], input = ""): unknown {
  const lua = ["lua5.4", script, moduleFolder, ...words] as [string, ...string[]];
  const [command, ...args] = withProgramsOf(prosodyRoot, lua);
  const { stdout, stderr, status } = spawnSync(command, args, {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`the Lua failed: ${stderr}`);
  return JSON.parse(stdout);
}

function hex(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString("hex");
}
