import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tty from "node:tty";
import type { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { spyOnBuiltin } from "../support/builtin.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { mayflyHere, programHere } from "../support/cli/run-in-process.ts";

const secret = "0123456789abcdef0123456789abcdef";
const mac = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
const inline = `1763860000:${mac}`;
const token = `1763860000:alice@example.com:${mac}`;
const sha384 = `1763860000:${"AbCd/012".repeat(8)}`;
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlc2lnbmF0dXJl";
const password = "correct horse battery staple";
const secrets = [secret, mac, "AbCd/012", "c2lnbmF0dXJl", password];

const jid = "alice@example.com";
const url = "wss://chat.example.com/ws";
const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "mayfly-usage-"));
writeFileSync(
  join(folder, "mayfly.yml"),
  `keys:
  - { id: a, secret: ${secret} }
  - { id: jwt, secret: ${secret}.jwt, algorithm: HS256 }
hosts: { example.com: {} }
store: memory
`,
  { mode: 0o600 },
);
beforeEach(() => {
  spyOnBuiltin(tty, "isatty").mockReturnValue(true); // extauth would stay with a server
});
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const program = await programHere();
const commands = all(program).map((command) => ({ name: nameOf(command), command }));

/** What each command takes when all is well, with every argument that it has. */
const right: Record<string, string[]> = {
  init: ["--server", "ejabberd", "--host", "example.com", "--dry-run"],
  "keys list": [],
  "keys add": ["b"],
  "keys retire": ["a"],
  "keys remove": ["a"],
  mint: [jid],
  verify: [jid, password],
  explain: [token],
  revoke: [jid],
  sessions: [jid],
  check: [],
  extauth: [],
  serve: [],
  doctor: [url, "--jid", jid],
  selftest: ["--", "true"],
  completion: ["bash"],
};

type Wrong = [args: string[], line: RegExp];

/** Whatever is written there is taken as it is. */
const anything: Wrong[] = [];

const choice = (args: string[], option: string, choices: string): Wrong => [
  [...args, option, "wrong"],
  new RegExp(
    `option '${option} <\\w+>' argument 'wrong' is invalid\\. Allowed choices are ${choices}`,
  ),
];
const path = (args: string[], option: string): Wrong[] => [
  [[...args, option, "/nowhere"], new RegExp(`${option} /nowhere cannot be read \\(ENOENT\\)`)],
  [[...args, option, folder], new RegExp(`${option} ${folder} cannot be read \\(EISDIR\\)`)],
  [[...args, option, "mayfly.yml/x"], new RegExp(`${option} mayfly\\.yml/x cannot be read`)],
];
const noJid = (args: string[], what: string): Wrong => [
  args,
  new RegExp(`${what} is not a bare JID: write localpart@host, such as alice@example\\.com`),
];
const ttl = /option '--ttl <duration>' argument( '.*')? is invalid\. Write 90s, 10m or 24h;/;
const host = /option '--host <name>' argument '.*' is invalid\. Write a host in lower case/;
const listen = /option '--listen <host:port>' argument '.*' is invalid\. Write a host and a port/;
const address = /^mayfly: name the server as wss:\/\/HOST\/PATH, xmpp:\/\/HOST:5222 or xmpps/;

/** Wrong values for each argument and option that there is. */
const wrong: Record<string, Record<string, Wrong[]>> = {
  mayfly: { "--config": anything }, // for each command, below
  keys: {},
  init: {
    "--server": [choice(["init", "--host", "example.com"], "--server", "ejabberd, prosody")],
    "--host": ["A.example", "a b", "example.com:5222"].map((it) => [
      ["init", "--server", "prosody", "--host", it],
      host,
    ]),
    "--dir": [
      [["init", ...(right.init ?? []), "--dir", "a b"], /--dir: .*: use a path without spaces/],
      [["init", ...(right.init ?? []), "--dir", "."], /mayfly\.yml: already exists: .*--dir/],
      [
        ["init", "--server", "ejabberd", "--host", "example.com", "--dir", "mayfly.yml/x"],
        /mayfly\.yml\/x: cannot be made \(ENOTDIR\)/,
      ],
    ],
  },
  "keys list": {},
  "keys add": {
    id: [
      [["keys", "add", "a"], /mayfly\.yml: the id a is in use: choose another/],
      [["keys", "add", "../b"], /the id may hold/],
    ],
    "--algorithm": [choice(["keys", "add"], "--algorithm", "sha1, sha256")],
    "--state": [choice(["keys", "add"], "--state", "mint, verify")],
    "--host": [[["keys", "add", "--host", "A.example"], host]],
    "--service": [
      choice(["keys", "add"], "--service", "xmpp, sip, turn"),
      choice(["keys", "add", "--service", "sip"], "--service", "xmpp, sip, turn"),
    ],
    "--profile": [choice(["keys", "add"], "--profile", "xmpp, opentok, jitsi")],
    "--secret": [
      [["keys", "add", "--secret", secret], /--secret takes only -, for standard input/],
    ],
  },
  "keys retire": { id: [[["keys", "retire", "x"], /mayfly\.yml: no key has the id "x"/]] },
  "keys remove": { id: [[["keys", "remove", "x"], /mayfly\.yml: no key has the id "x"/]] },
  mint: {
    jid: [
      [["mint"], /<jid> is missing: name the user, such as alice@example\.com/],
      [["mint", "--service", "all"], /<jid> is missing/],
      [["mint", "alice"], /"alice" is not a bare JID: write localpart@host/],
      [["mint", "Alice@example.com"], /not in its prepared form: write "alice@example\.com"/],
      [["mint", "alice@other.example"], /other\.example is not one of the hosts served/],
    ],
    "--name": [
      [
        ["mint", "--name", "a\tb", "--host", "example.com"],
        /the localpart "a<U\+0009>b" must not contain U/,
      ],
      [["mint", "--name", "", "--host", "example.com"], /--name <name> is empty: give it a value/],
    ],
    "--host": [
      [["mint", "--name", "Alice", "--host", "Example.com"], /Write a host in lower case/],
    ],
    "--ttl": ["10 min", "-1", "1.5h", "", "10M"].map((it) => [["mint", jid, "--ttl", it], ttl]),
    "--service": [choice(["mint", jid], "--service", "xmpp, sip, turn, all")],
    "--format": [choice(["mint", jid], "--format", "mojoauth, jwt")],
    "--key": [[["mint", jid, "--key", "x"], /no key with id x in state mint serves xmpp on/]],
    "--present": [choice(["mint", jid], "--present", "inline, authzid, token, username")],
    "--profile": [choice(["mint", jid], "--profile", "xmpp, opentok, jitsi")],
    "--issuer": anything,
    "--audience": anything,
    "--room": anything,
    "--subject": anything,
    "--display-name": anything,
    "--email": anything,
    "--avatar": ["alice.png", "javascript:alert(1)"].map((it) => [
      ["mint", jid, "--profile", "jitsi", "--avatar", it],
      /option '--avatar <url>' argument( '.*')? is invalid\. Write a URL, such as https:/,
    ]),
    "--feature": [
      [["mint", jid, "--profile", "jitsi", "--feature", "a b"], /Write the name of a feature/],
    ],
  },
  verify: {
    jid: [
      noJid(["verify", "alice", password], "<jid>"),
      [["verify", "Alice@example.com", password], /write "alice@example\.com"/],
    ],
    password: anything,
    "--username": anything,
    "--service": [choice(["verify", jid, password], "--service", "xmpp, sip, turn")],
    "--profile": [choice(["verify", jid, password], "--profile", "xmpp, opentok, jitsi")],
    "--audience": anything,
  },
  explain: {
    credential: anything, // what is none is an answer, and exit 1
    "--username": anything,
    "--jid": [noJid(["explain", inline, "--jid", "alice"], "--jid")],
  },
  revoke: {
    jid: [
      noJid(["revoke", "alice"], "<jid>"),
      [["revoke", "alice@other.example"], /other\.example is not one of the hosts served: add it/],
    ],
    "--credential": [[["revoke", "--credential", "x"], /--credential is not a credential: give/]],
    "--username": anything,
    "--jid": [noJid(["revoke", "--credential", inline, "--jid", "alice"], "--jid")],
    "--longest": [[["revoke", jid, "--longest", "x"], /--longest <duration>.* Write 90s, 10m/]],
    "--reason": [[["revoke", jid, "--reason", "a\nb"], /the reason cannot be sent to a client: /]],
  },
  sessions: { jid: [noJid(["sessions", "alice"], "<jid>")] },
  check: {},
  extauth: { "--protocol": [choice(["extauth"], "--protocol", "ejabberd, prosody")] },
  serve: {
    "--listen": ["here", "5380", "127.0.0.1:", "::1:5380", "127.0.0.1:65536"].map((it) => [
      ["serve", "--listen", it],
      listen,
    ]),
    "--extauth": ["/run/a.sock", "unix:", "tcp:1"].map((it) => [
      ["serve", "--extauth", it],
      /option '--extauth <unix:path>' argument '.*' is invalid\. Write unix:PATH, such as/,
    ]),
  },
  doctor: {
    url: ["https://example.com", "chat.example.com", "wss://", "wss://h:99999"].map((it) => [
      ["doctor", it, "--jid", jid],
      address,
    ]),
    "--jid": [
      noJid(["doctor", url, "--jid", "alice"], "--jid"),
      [["doctor", url, "--jid", "alice@other.example"], /other\.example is not one .*: add it/],
    ],
    "--ca": path(["doctor", url, "--jid", jid], "--ca"),
    "--ejabberd-config": path(["doctor", url, "--jid", jid], "--ejabberd-config"),
    "--prosody-config": path(["doctor", url, "--jid", jid], "--prosody-config"),
    "--server-log": path(["doctor", url, "--jid", jid], "--server-log"),
  },
  selftest: {
    program: anything, // that it cannot be started is a finding
    "--user": [
      [["selftest", "--user", "nosuch", "--", "x"], /--user nosuch: there is no such user/],
    ],
    "--jid": [noJid(["selftest", "--jid", "alice", "--", "x"], "--jid")],
  },
  completion: {
    shell: [[["completion", "tcsh"], /argument 'shell'\. Allowed choices are bash, zsh, fish;/]],
  },
};

test("every command, argument and option stands in the tables here", () => {
  const there = Object.fromEntries(
    commands.map(({ name, command }) => [
      name,
      [
        ...command.registeredArguments.map((it) => it.name()),
        ...valued(command).map(longOf),
      ].sort(),
    ]),
  );
  const here = Object.entries(wrong).map(([name, values]) => [name, Object.keys(values).sort()]);
  expect(Object.fromEntries(here)).toEqual(there);
  const runnable = commands.filter(({ command }) => command.commands.length === 0);
  expect(Object.keys(right).sort()).toEqual(runnable.map(({ name }) => name).sort());
});

describe.each(commands)("$name", ({ name, command }) => {
  const words = name === "mayfly" ? [] : name.split(" ");
  const see = `; see ${["mayfly", ...words].join(" ")} --help\n`;
  const whole = [...words, ...(right[name] ?? [])];

  test("has a help that fits, with an example", async () => {
    const { status, stdout, stderr } = await mayflyHere([...words, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    const [example = "", ...more] = stdout.match(/(?<=^Example: ).*/gm) ?? [];
    expect(more).toEqual([]);
    expect(example).toContain(["mayfly", ...words].join(" "));
    const options = command.createHelp().visibleOptions(command).map(longOf);
    for (const option of example.replace(/'.*'/, "").match(/--[a-z-]+/g) ?? []) {
      expect([...(name === "keys" ? [] : options), "--config", "--ttl"]).toContain(option);
    }
    const says = [
      "mayfly",
      "verify",
      "explain",
      "sessions",
      "check",
      "doctor",
      "selftest",
    ].includes(name);
    expect(stdout.includes("Exit status: 0 ")).toBe(says);
  });

  test("refuses an option that it has not, and shows nothing of its value", async () => {
    const refuse = (option: string) => refused([...words, ...insert(right[name] ?? [], option)]);
    expect(await refuse("--bogus")).toBe(`mayfly: unknown option '--bogus'${see}`);
    for (const it of [`--bogus=${inline}`, `--bogus=${password}`, `--${jwt}`, `-p${password}`]) {
      expect(await refuse(it)).toMatch(/^mayfly: unknown option( '(--bogus|-p)')?; see /);
    }
  });

  const options = valued(command).map(({ flags, long }) => ({ flags, long: String(long) }));
  test.each(options)("refuses $flags without a value", async ({ flags, long }) => {
    expect(await refused([...words, long])).toBe(
      `mayfly: option '${flags}' argument missing${see}`,
    );
    if (right[name] === undefined) return;
    expect(await refused([...words, ...insert(right[name], long, "")])).toContain(long);
  });

  const values = Object.values(wrong[name] ?? {}).flat();
  test.each(values)("refuses %j", async (args, line) => {
    expect(await refused(args)).toMatch(line);
  });

  if (command.commands.length > 0) {
    test("shows its help where no command is named, and refuses", async () => {
      const { status, stdout, stderr } = await mayflyHere(words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toBe((await mayflyHere([...words, "--help"])).stdout);
    });

    test("refuses a command that it has not, and shows none that may be a secret", async () => {
      const other = await refused([...words, "frobnicate"]);
      expect(other).toBe(`mayfly: unknown command 'frobnicate'${see}`);
      for (const it of [inline, token, jwt, sha384, `${password} ${secret}`]) {
        expect(await refused([...words, it])).toBe(`mayfly: unknown command${see}`);
      }
    });
    return;
  }

  const { registeredArguments } = command;
  if (!registeredArguments.at(-1)?.variadic) {
    test("refuses one argument too many", async () => {
      const count = registeredArguments.length;
      const line = await refused([...whole, password]);
      expect(line).toMatch(
        `too many arguments for '${command.name()}'. Expected ${count} argument`,
      );
      expect(line).toContain(see);
    });
  }

  const needed = registeredArguments.filter(({ required }) => required);
  if (needed.length > 0) {
    test("refuses too few arguments", async () => {
      const args = right[name]?.filter((it) => it !== "--") ?? [];
      const missing = needed.at(-1)?.name();
      const others = args.filter((_, index) => index !== needed.length - 1);
      expect(await refused([...words, ...others])).toBe(
        `mayfly: missing required argument '${missing}'${see}`,
      );
    });
  }

  for (const { flags, long } of command.options.filter(({ mandatory }) => mandatory)) {
    test(`refuses to go without ${flags}`, async () => {
      const args = right[name] ?? [];
      const others = args.toSpliced(args.indexOf(String(long)), 2);
      expect(await refused([...words, ...others])).toBe(
        `mayfly: required option '${flags}' not specified${see}`,
      );
    });
  }
});

describe("what goes not together is refused", () => {
  test.each<Wrong>([
    [["mint", jid, "--format", "mojoauth", "--profile", "jitsi"], /--profile is for a JWT: leave/],
    [["mint", jid, "--format", "mojoauth", "--issuer", "x"], /--issuer is for a JWT: leave/],
    [["mint", jid, "--name", "Bob", "--host", "example.com"], /--name takes the place of <jid>/],
    [["mint", jid, "--host", "example.com"], /--host goes with --name/],
    [["mint", jid, "--exact"], /--exact goes with --name/],
    [["mint", "--name", "Alice"], /--name needs its host: add --host example\.com/],
    [["mint", jid, "--room", "x"], /--room is for jitsi tokens: add --profile jitsi/],
    [["mint", jid, "--moderator"], /--moderator is for jitsi tokens: add --profile jitsi/],
    [["mint", jid, "--feature", "recording"], /--feature is for jitsi tokens: add --profile/],
    [["mint", jid, "--profile", "xmpp", "--audience", "x"], /--audience is for jitsi tokens/],
    [["mint", jid, "--format", "jwt", "--present", "inline"], /present/],
    [["mint", jid, "--service", "turn", "--present", "inline"], /turn is not presented as inline/],
    [["mint", jid, "--service", "all", "--format", "jwt"], /no JWT serves xmpp, sip, turn/],
    [["mint", jid, "--ttl", "48h"], /ttl 172800 s is out of range: from 1 s to 86400 s/],
    [["verify", jid, inline, "--audience", "x"], /--audience is for jitsi tokens: add --profile/],
    [["revoke"], /give a JID or --credential: neither is given/],
    [["revoke", jid, "--credential", inline], /give a JID or --credential: not both/],
    [["revoke", "--credential", "nonsense", "--username", `9:${jid}`], /is not a credential/],
    [["revoke", "--credential", `999999999999999:${"A".repeat(27)}=`], /is not a credential/],
    [["revoke", "--credential", inline, "--longest", "1h"], /--longest goes with a JID/],
    [["revoke", jid, "--username", "x"], /--username goes with --credential, not with a JID/],
    [["revoke", jid, "--jid", jid], /--jid goes with --credential, not with a JID/],
    [["init", ...(right.init ?? []), "--config", "x"], /init takes no --config: .*--dir FOLDER/],
    [["keys", "add", "b", "--service", "turn", "--algorithm", "sha256"], /not for turn: choose/],
    [
      ["doctor", url, "--jid", jid, "--ejabberd-config", "x", "--prosody-config", "y"],
      /option '--prosody-config <file>' cannot be used with option '--ejabberd-config <file>'; see/,
    ],
  ])("%j", async (args, line) => {
    expect(await refused(args)).toMatch(line);
  });
});

describe("a configuration that cannot be read is named, by", () => {
  const readers = ["keys list", "keys add", "keys retire", "keys remove", "mint", "verify"];
  readers.push("explain", "revoke", "check", "serve", "doctor");
  test.each(readers)("%s", async (name) => {
    const whole = [...name.split(" "), ...(right[name] ?? [])];
    for (const [file, code] of [
      ["/nowhere/mayfly.yml", "ENOENT"],
      [folder, "EISDIR"],
      ["mayfly.yml/x", "ENOTDIR"],
    ] as const) {
      const line = await refused([...whole, "--config", file]);
      // A new configuration is written after the file of its key.
      if (name !== "keys add") expect(line).toContain(`mayfly: ${file}: `);
      expect(line).toMatch(new RegExp(`^mayfly: \\S+: cannot be (read|written) \\(${code}\\)\\n$`));
    }
    const empty = await refused([...whole, "--config="]);
    expect(empty).toBe("mayfly: --config <file> is empty: give it a value, or leave it out\n");
  });
});

describe("a credential in the wrong place is not shown", () => {
  const all = [inline, token, jwt, sha384];
  test.each(all)("%s", async (credential) => {
    await refused(["verify", credential, jid]);
    await refused(["verify", jid, credential, credential]);
    await refused(["verify", jid, password, "--service", credential]);
    await refused(["verify", jid, password, "--profile", `${credential}'`]);
    await refused(["explain", credential, "--jid", credential]);
    await refused(["explain", credential, credential]);
    await refused(["revoke", credential]);
    await refused(["revoke", "--credential", credential, credential]);
    await refused(["mint", credential]);
    await refused(["mint", jid, "--ttl", credential]);
    await refused(["mint", jid, "--key", credential]);
    await refused(["keys", "add", credential]);
    await refused(["doctor", credential, "--jid", jid]);
    await refused(["doctor", url, "--jid", credential]);
    await refused(["completion", credential]);
  });

  test("nor is a password", async () => {
    await refused(["verify", password, jid]);
    await refused(["verify", jid, ...password.split(" ")]);
    await refused(["revoke", password]);
    await refused(["keys", "add", "--secret", password]);
  });
});

describe("the command itself", () => {
  test("suggests the command that was meant", async () => {
    expect(await refused(["verfy"])).toBe(
      "mayfly: unknown command 'verfy' (Did you mean verify?); see mayfly --help\n",
    );
    expect(await refused(["keys", "lsit"])).toBe(
      "mayfly: unknown command 'lsit' (Did you mean list?); see mayfly keys --help\n",
    );
    expect(await refused(["mint", "--tll", "1h"])).toBe(
      "mayfly: unknown option '--tll' (Did you mean --ttl?); see mayfly mint --help\n",
    );
  });

  test("helps with a command, and says its version", async () => {
    expect(await mayflyHere(["help", "mint"])).toEqual(await mayflyHere(["mint", "--help"]));
    const version = await mayflyHere(["--version"]);
    expect(version).toEqual({ status: 0, stdout: expect.stringMatching(/^\d/), stderr: "" });
    expect((await mayflyHere(["help", "frobnicate"])).status).toBe(2);
  });

  test.each<[string[], RegExp]>([
    [
      ["mint", jid, "--ttl", "soon"],
      /^mayfly: option '--ttl <duration>' argument 'soon' [^\n]+\n$/,
    ],
    [["serve", "--config", "/nowhere"], /^mayfly: \/nowhere: cannot be read \(ENOENT\)\n$/],
    [["serve", "--extauth", "/a.sock"], /^mayfly: option '--extauth <unix:path>' [^\n]+\n$/],
    [[], /^Usage: mayfly /],
  ])("does the same in a process of its own: %j", (args, line) => {
    const { status, stdout, stderr } = mayfly(args);
    expect(stderr).toMatch(line);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("that a server starts logs the same line, and stays to answer no", () => {
    const { status, stdout, stderr } = mayfly(["extauth", `--bogus=${inline}`], {
      input: Buffer.from("\0\x03a:b"),
    });
    expect(stderr).toContain(`"msg":"unknown option '--bogus'; see mayfly extauth --help"`);
    expect(stderr).not.toContain(mac);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "\0\x02\0\0" });
  });
});

/** Runs a command that is refused: exit 2, nothing on standard output, and one line that is fit to show. */
async function refused(args: string[]): Promise<string> {
  const { status, stdout, stderr } = await mayflyHere(args);
  expect(stderr).toMatch(/^mayfly: [^\n]{1,300}[^.\n]\n$/);
  for (const it of secrets) expect(stderr).not.toContain(it);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  return stderr;
}

/** Puts an option before a `--`, or at the end. */
function insert(args: string[], ...option: string[]): string[] {
  const at = args.indexOf("--");
  return args.toSpliced(at < 0 ? args.length : at, 0, ...option);
}

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)];
}

/** `keys add` */
function nameOf(command: Command): string {
  const above = command.parent?.parent ? `${nameOf(command.parent)} ` : "";
  return above + command.name();
}

function valued(command: Command) {
  return command.options.filter(({ required }) => required);
}

function longOf({ long }: { long?: string | undefined }): string {
  return String(long);
}
