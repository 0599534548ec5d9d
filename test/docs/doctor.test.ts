import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alike } from "../support/alike.ts";
import { followEjabberd, followProsody, host, restartEjabberd } from "../support/followed.ts";
import { type Machine, startMachine } from "../support/machine.ts";
import { openPage } from "../support/markdown.ts";
import { describeAsRoot } from "../support/needs.ts";
import { rowsOf } from "../support/table.ts";
import { until } from "../support/until.ts";

const page = openPage("docs/doctor.md");
const refused = { ejabberd: page.take("log", "Failed c2s"), prosody: page.take("log", "Refused") };
const asked = {
  ejabberd: page.take("sh", /-u ejabberd .*"alice"/),
  prosody: page.take("sh", /-u mayfly .*"alice"/),
};
const reasons = {
  tampered: page.take("", '"bad-signature"'),
  expired: page.take("", '"expired"'),
};
const explained = { command: page.take("sh", "mayfly explain"), said: page.take("", "decision") };
const otherSecret = {
  command: page.take("sh", "/srv/app/mayfly.yml"),
  said: page.take("", "secret-mismatch"),
};
const notStarted = {
  log: page.take("log", "failed when calling"),
  command: page.take("sh", "selftest --user ejabberd -- '/usr/local"),
  said: page.take("", "not-started"),
};
const stopped = {
  log: page.take("log", "Cannot reach"),
  command: page.take("sh", /^journalctl -u mayfly -o cat \| tail/),
  said: page.take("", "SIGTERM"),
};
const examined = {
  ejabberd: page.take("sh", "--ejabberd-config"),
  prosody: page.take("sh", "--prosody-config"),
};
const cache = {
  command: page.take("sh", /^mayfly doctor xmpp:\S+ --jid alice@example.com$/m),
  said: page.take("", "auth-cache"),
};
const selftest = {
  command: page.take("sh", "selftest"),
  said: page.take("", "ok: the program starts"),
};

test("the page has nothing else", () => {
  expect(page.left()).toEqual([]);
});

/** Another secret than the server's, as an app server may have it. */
function startAppServer(machine: Machine): void {
  machine.sh(`mkdir -p /srv/app; cp /etc/mayfly/mayfly.yml /srv/app
key=$(ls /etc/mayfly | grep key)
(umask 077; openssl rand -base64 32 > /srv/app/$key)`);
}

function mint(machine: Machine, options: string): string {
  const shown = machine.sh(`mayfly mint alice@${host} ${options}`);
  return /^password +(\S+)$/m.exec(shown)?.[1] ?? "";
}

/** A credential with another MAC. */
const change = (password: string) =>
  password.replace(/:(.)/, (_, first) => (first === "A" ? ":B" : ":A"));

/** A server that was set up by its guide, and how it is asked. */
interface Patient {
  machine(): Machine;
  server: "ejabberd" | "prosody";
  /** Its own log. */
  log: string;
  /** What the program calls a login. */
  op: string;
}

/** What leads from its log to the cause, whichever server it is. */
function leadsToTheCause({ machine, server, log, op }: Patient): void {
  const logIn = (password: string) => machine().logIn({ user: "alice", host, password });
  const has = (line: string) => () => alike(machine().read(log)).includes(alike(line));
  const withOp = (line: string) => alike(line.replace('"auth"', `"${op}"`));
  const asksWhy = () => alike(machine().sh(asked[server]));

  test("from its log to a credential that was changed", async () => {
    expect(logIn(change(mint(machine(), "--ttl 10m")))).toBe("not-authorized");
    await until(has(refused[server]));
    expect(asksWhy()).toBe(withOp(reasons.tampered));
  });

  test("from its log to one that has expired", async () => {
    const password = mint(machine(), "--ttl 1s");
    await until(() => Date.now() / 1000 > Number(password.split(":")[0]) + 1);
    const condition = server === "prosody" ? "credentials-expired" : "not-authorized";
    expect(logIn(password)).toBe(condition);
    await until(has(refused[server].replace("not-authorized", condition)));
    expect(asksWhy()).toBe(withOp(reasons.expired));
    const command = explained.command.replace(/'.*?'/, `'${password}'`);
    expect(alike(machine().sh(command))).toBe(alike(explained.said));
  });

  test("from its log to another secret", async () => {
    startAppServer(machine());
    expect(logIn(mint(machine(), "--ttl 10m --config /srv/app/mayfly.yml"))).toBe("not-authorized");
    await until(has(refused[server]));
    expect(asksWhy()).toBe(withOp(reasons.tampered));
    const { status, printed } = machine().run(otherSecret.command);
    expect(status).toBe(1);
    expect(alike(printed)).toBe(alike(otherSecret.said));
  });

  test("by the doctor, where nothing is wrong", () => {
    const lines = machine().sh(examined[server]).trim().split("\n");
    expect(lines).toHaveLength(examined[server].trim().split("\n").length);
    for (const line of lines) expect(line).toMatch(/^ok: .*: nothing to mend in 10 checks$/);
  });
}

describeAsRoot("ejabberd")("an admin of ejabberd is led", () => {
  let machine: Machine;
  const settings = "/etc/ejabberd/ejabberd.yml";

  beforeAll(async () => {
    machine = await startMachine([host, `chat.${host}`]);
    await followEjabberd(machine, openPage("docs/ejabberd.md"));
  });
  afterAll(() => machine?.stop());

  const log = "/var/log/ejabberd/ejabberd.log";
  leadsToTheCause({ machine: () => machine, server: "ejabberd", log, op: "auth" });

  test("by the self-test, where nothing is wrong", () => {
    expect(machine.sh(selftest.command)).toBe(selftest.said);
  });

  test("from its log to a program that does not run", async () => {
    const before = machine.read(settings);
    machine.write(settings, before.replace("/usr/bin/mayfly", "/usr/local/bin/mayfly"));
    await restartEjabberd(machine);
    const password = mint(machine, "--ttl 10m");
    expect(machine.logIn({ user: "alice", host, password })).toBe("not-authorized");
    await until(() => alike(machine.read(log)).includes(alike(notStarted.log)));
    const { status, printed } = machine.run(notStarted.command);
    expect({ status, printed }).toEqual({ status: 1, printed: notStarted.said });
    machine.write(settings, before);
    await restartEjabberd(machine);
  });

  test("by the doctor to a cache", async () => {
    const before = machine.read(settings);
    machine.write(settings, before.replace("auth_use_cache: false", "auth_use_cache: true"));
    await restartEjabberd(machine);
    const { status, printed } = machine.run(cache.command);
    expect({ status, printed }).toEqual({ status: 1, printed: cache.said });
    machine.write(settings, before);
  });
});

describeAsRoot("prosody")("an admin of Prosody is led", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine([host, `chat.${host}`]);
    await followProsody(machine, openPage("docs/prosody.md"));
  });
  afterAll(() => machine?.stop());

  const log = "/var/log/prosody/prosody.log";
  leadsToTheCause({ machine: () => machine, server: "prosody", log, op: "check" });

  test("from its log to a program that does not run", async () => {
    machine.sh("systemctl stop mayfly");
    await until(() => alike(machine.read(log)).includes(alike(stopped.log)));
    expect(alike(machine.sh(stopped.command))).toBe(alike(stopped.said));
  });
});

test("each reason that there is has its cause", () => {
  const source = readFileSync(new URL("../../src/credential/reason.ts", import.meta.url), "utf8");
  const known = [...source.matchAll(/"([a-z-]+)"/g)].map(([, it]) => it);
  const documented = rowsOf("docs/doctor.md")
    .filter(({ heading }) => heading === "Reasons")
    .flatMap(({ cells: [names = ""] }) => [...names.matchAll(/`([\w-]+)`/g)].map(([, it]) => it));
  expect(known.length).toBeGreaterThan(10);
  expect(documented.sort()).toEqual(known.sort());
});
