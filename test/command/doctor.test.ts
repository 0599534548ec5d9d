import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { mayfly } from "../support/cli/run-cli.ts";

const secret = "the secret of the doctor of 32 bytes";
const folder = mkdtempSync(join(tmpdir(), "mayfly-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const config = join(folder, "mayfly.yml");
writeFileSync(config, `keys: [{ id: a, secret: ${secret} }]\nhosts: { example.org: {} }\n`, {
  mode: 0o600,
});
const jid = ["--jid", "alice@example.org"];
const nowhere = "xmpp://127.0.0.1:1";

const run = (args: string[]) => mayfly(["doctor", "--config", config, ...args]);

describe("mayfly doctor", () => {
  test.each<[string[], RegExp]>([
    [[nowhere], /required option '--jid/],
    [[...jid], /missing required argument 'url'/],
    [["https://example.org", ...jid], /name the server as wss:/],
    [["ws://example.org/ws", ...jid], /a credential is sent without TLS to this machine alone/],
    [[nowhere, "--jid", "alice"], /alice/],
    [[nowhere, "--jid", "alice@other.example"], /other\.example is not one of the hosts served/],
    [[nowhere, ...jid, "--ca", "/nowhere"], /--ca \/nowhere cannot be read \(ENOENT\)/],
    [[nowhere, ...jid, "--ejabberd-config", "/nowhere"], /--ejabberd-config \/nowhere cannot/],
    [
      [nowhere, ...jid, "--ejabberd-config", config, "--prosody-config", config],
      /cannot be used with/,
    ],
  ])("%s is refused", (args, line) => {
    const { status, stdout, stderr } = run(args);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^mayfly: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("tells people and programs what is wrong", () => {
    const { status, stdout } = run([nowhere, ...jid]);
    expect(stdout).toBe(`error: unreachable
  what  ${nowhere} cannot be reached: connect ECONNREFUSED 127.0.0.1:1
  why   no client can log in while the server does not answer
  fix   check host, port and path of the URL, that the server runs, and the firewall

1 error, 0 warnings
not checked: connection, login, x-oauth2, second credential, expired and tampered credentials, identity, stanza limits, offline messages, FAST, expired while we waited
`);
    expect(status).toBe(1);
    const json = JSON.parse(run([nowhere, ...jid, "--json"]).stdout);
    expect(json).toMatchObject({
      ...{ url: nowhere, jid: "alice@example.org", checked: [] },
      findings: [{ code: "unreachable", severity: "error" }],
    });
    expect(json.unchecked).toHaveLength(10);
  });

  test("tells of a secret that everybody can read, and not the secret", () => {
    const open = join(folder, "open.yml");
    writeFileSync(open, `keys: [{ id: a, secret: ${secret} }]\n`, { mode: 0o644 });
    const { stdout, stderr } = mayfly(["doctor", nowhere, ...jid, "--config", open]);
    expect(stdout).toContain(`error: secrets-readable (${open})`);
    expect(stdout).toContain(`fix   chmod o= ${open}`);
    expect(stdout + stderr).not.toContain(secret);
  });

  test("tells of a secret that is short, and not the secret", () => {
    const short = join(folder, "short.yml");
    writeFileSync(short, "keys: [{ id: a, secret: sixteen-letters! }]\n", { mode: 0o600 });
    const { stdout, stderr } = mayfly(["doctor", nowhere, ...jid, "--config", short]);
    expect(stdout).toContain(`warning: short-secret (${short})
  what  key a: its secret is shorter than 32 bytes
`);
    expect(stdout + stderr).not.toContain("sixteen-letters");
  });

  test("tells of single_use in memory", () => {
    const memory = join(folder, "memory.yml");
    const policy = "hosts: { example.org: { single_use: true } }";
    writeFileSync(memory, `keys: [{ id: a, secret: ${secret} }]\nstore: memory\n${policy}\n`, {
      mode: 0o600,
    });
    const { stdout } = mayfly(["doctor", nowhere, ...jid, "--config", memory]);
    expect(stdout).toContain(`warning: single-use-memory (${memory})
  what  hosts.example.org: single_use needs a store that programs share`);
  });

  test("says what it waits for, and does not wait for ever", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    onTestFinished(() => void silent.close());
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const { status, stdout, stderr } = run([`xmpp://127.0.0.1:${port}`, ...jid]);
    expect(stderr).toBe("waiting for a connection ...\n");
    expect(stdout).toContain("the server does not answer the start of a stream within 14 s");
    expect(stdout).toContain("error: no-answer");
    expect(status).toBe(1);
  });
});
