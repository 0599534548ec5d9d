import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { main, mayfly, type Surroundings } from "../support/cli/run-cli.ts";

vi.setConfig({ testTimeout: 60_000 }); // a test starts several programs, some of which hang

const secret = "the secret of the self-tests";
const folder = mkdtempSync(join(tmpdir(), "mayfly-selftest-"));
afterAll(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);
const path = (name: string) => join(folder, name);
const keys = (it = secret) => `keys: [{ id: a, secret: ${it} }]\n`;
writeFileSync(path("mayfly.yml"), keys(), { mode: 0o644 });

const node = process.execPath;
const isRoot = process.getuid?.() === 0;
const lax = fileURLToPath(new URL("../support/fakes/lax-program.mjs", import.meta.url));
const extauth = `${node} ${main} extauth --config ${path("mayfly.yml")}`;

function script(name: string, text: string, mode = 0o755): string {
  writeFileSync(path(name), text);
  chmodSync(path(name), mode); // whatever the umask
  return path(name);
}

/** Runs the self-test: its exit code, and the findings, in a line each. */
function selftest(program: string, args: string[] = [], around: Surroundings = {}) {
  const { status, stdout, stderr } = mayfly(["selftest", ...args, "--json", "--", program], around);
  expect(stdout + stderr).not.toContain(secret);
  if (status === 2) return { status, findings: [], stderr };
  const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
  const lines = findings.map((it) => `${it.severity} ${it.code}: ${it.what} => ${it.fix}`);
  return { status, findings: lines, stderr };
}

describe("mayfly selftest", () => {
  test("says that all is well", () => {
    const { status, stdout } = mayfly(["selftest", "--", ...extauth.split(" ")]);
    expect(stdout).toBe(
      "ok: the program starts, answers, refuses malformed requests, and exits when its input closes\n",
    );
    expect(status).toBe(0);
  });

  test("mints a credential, which the program must accept", () => {
    const args = ["--jid", "alice@example.org", "--config", path("mayfly.yml")];
    expect(selftest(extauth, args)).toMatchObject({ status: 0, findings: [] });
    const other = script("other.yml", keys("another secret of some length"), 0o644);
    const program = extauth.replace(path("mayfly.yml"), other);
    expect(selftest(program, args)).toMatchObject({
      status: 1,
      findings: [expect.stringMatching(/^error secret-mismatch: it refuses a credential/)],
    });
  });

  const interpreter = script("interpreted", "#!/usr/bin/env some-node\n");
  const windows = script("windows", "#!/bin/sh\r\nexit\r\n");
  const closed = script("closed", "#!/bin/sh\n", 0o644);
  const broken: [name: string, program: string, finds: RegExp][] = [
    ["is not there", "/nowhere/mayfly extauth", /not-started: .*\/nowhere\/mayfly is not there/],
    ["is not executable", closed, /not-started: .*may not execute .*closed => chmod a\+x/],
    ["is sought in vain", "no-such-program", /not-started: .*=> write the absolute path/],
    ["has an assignment before it", `A=b ${extauth}`, /not-started: .*=> \/usr\/bin\/env A=…/],
    ["has an interpreter that is not there", interpreter, /not-started: .*some-node, which is not/],
    ["has Windows line ends", windows, /not-started: .*Windows line ends => sed/],
    ["exits at once", "sh -c 'echo no luck >&2; exit 3'", /not-started: .*\(3\): no luck/],
    ["does not answer", "sleep 600", /no-answer: it does not answer within 8 s/],
    ["greets", `sh -c 'echo hello; exec ${extauth}'`, /wrong-reply: .*68656c6c/],
    ["answers twice", `${node} ${lax} 'answers twice'`, /wrong-reply: .*0002/],
    ["lets everybody in", `${node} ${lax} 'lets everybody in'`, /tampered-accepted/],
    [
      "has no configuration",
      `${node} ${main} extauth --config /nowhere`,
      /configuration: .*ENOENT/,
    ],
  ];
  test.each(broken)("says why a program fails that %s", (_, program, finds) => {
    const { status, findings } = selftest(program);
    expect(findings).toEqual([expect.stringMatching(finds)]);
    expect(status).toBe(1);
  });

  test("warns of a program that stays when its input has ended", () => {
    expect(selftest(`sh -c '${extauth}; sleep 600'`)).toMatchObject({
      status: 0,
      findings: [expect.stringMatching(/^warning lingers/)],
    });
  });

  describe("says what it is that makes it work by hand", () => {
    const bare = `${node} ${main} extauth`;
    mkdirSync(path("bin"));
    symlinkSync(node, path("bin/some-node"));

    test("PATH", () => {
      const program = script("starter", `#!/bin/sh\nexec some-node ${main} extauth "$@"\n`);
      const env = { PATH: `${path("bin")}:${process.env.PATH}` };
      const { findings } = selftest(`${program} --config ${path("mayfly.yml")}`, [], { env });
      expect(findings).toEqual([
        expect.stringMatching(/not-started: .*some-node: not found/),
        expect.stringMatching(/environment: .* lacks PATH/),
      ]);
    });

    test("an environment variable", () => {
      const env = { MAYFLY_CONFIG: path("mayfly.yml") };
      expect(selftest(bare, [], { env }).findings).toEqual([
        expect.stringMatching(/configuration: it reports: no configuration/),
        expect.stringMatching(/environment: .*MAYFLY_CONFIG => name the file/),
      ]);
    });

    test("the folder", () => {
      expect(selftest(bare, [], { cwd: folder }).findings).toEqual([
        expect.stringMatching(/configuration: it reports: no configuration/),
        expect.stringMatching(/environment: .* lacks the folder .* => write absolute paths/),
      ]);
    });

    test.runIf(isRoot)("PATH and the folder, also for another user", () => {
      const args = ["--user", "nobody"];
      const program = script("starter", `#!/bin/sh\nexec some-node ${main} extauth "$@"\n`);
      const env = { PATH: `${path("bin")}:${process.env.PATH}` };
      const whole = `${program} --config ${path("mayfly.yml")}`;
      expect(selftest(whole, args, { env }).findings).toEqual([
        expect.stringMatching(/not-started: .*some-node: not found/),
        expect.stringMatching(/environment: .* lacks PATH/),
      ]);
      expect(selftest(bare, args, { cwd: folder }).findings).toEqual([
        expect.stringMatching(/configuration: it reports: no configuration/),
        expect.stringMatching(/environment: .* lacks the folder .* => write absolute paths/),
      ]);
    });

    test.runIf(isRoot)("the right to a file", () => {
      const config = script("closed.yml", keys(), 0o600);
      const program = `${node} ${main} extauth --config ${config}`;
      expect(selftest(program, ["--user", "nobody"]).findings).toEqual([
        expect.stringMatching(/configuration: it reports: .*closed\.yml.*EACCES/),
        expect.stringMatching(/environment: .* nobody may not read .*closed\.yml => chown nobody/),
      ]);
    });
  });

  test.runIf(isRoot)("starts nothing with more than its user has", () => {
    const log = script("started.log", "", 0o666);
    mkdirSync(path("private/inner"), { recursive: true });
    chmodSync(path("private"), 0o700);
    const program = script("curious", `#!/bin/sh\n(id -un; pwd; env) >> ${log}\nexit 3\n`);
    const env = { MAYFLY_SECRET: secret, SESSION: "root's", MAYFLY_CONFIG: "/nowhere" };
    selftest(program, ["--user", "nobody"], { cwd: path("private/inner"), env });
    const lines = readFileSync(log, "utf8").split("\n");
    expect(lines).toContain("MAYFLY_CONFIG=/nowhere"); // it was tried by hand, too
    expect(lines.filter((line) => line === "nobody").length).toBeGreaterThan(1);
    expect(lines).not.toContain("root");
    expect(lines.filter((line) => /private|MAYFLY_SECRET|SESSION/.test(line))).toEqual([]);
  });

  test.runIf(isRoot)("warns of a log that the user cannot write", () => {
    mkdirSync(path("others"), { mode: 0o700 });
    const file = path("others/extauth.log");
    const log = `log: { file: ${file} }\n`;
    const config = script("logged.yml", keys() + log, 0o644);
    const program = `${node} ${main} extauth --config ${config}`;
    expect(selftest(program, ["--user", "nobody"])).toMatchObject({
      status: 0,
      findings: [expect.stringContaining(`warning log: cannot log to ${file}`)],
    });
  });

  test.each([
    [["--user", "no-such-user"], /--user no-such-user: there is no such user/],
    [["--jid", "nobody"], /--jid is not a bare JID/],
  ])("with %s is refused", (args, line) => {
    const { status, stderr } = selftest(extauth, args);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect(status).toBe(2);
  });
});
