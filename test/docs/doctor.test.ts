import { afterAll, beforeAll, expect, test } from "vitest";
import { reasons as knownReasons } from "../../src/credential/reason.ts";
import { openPage } from "../support/docs/markdown.ts";
import { alike } from "../support/docs/normalize-output.ts";
import { rowsOf } from "../support/docs/table.ts";
import {
  followEjabberd,
  followProsody,
  host,
  restartEjabberd,
} from "../support/machine/guide-steps.ts";
import { type Machine, startMachine } from "../support/machine/machine.ts";
import { until } from "../support/until.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

const page = openPage("docs/doctor.md");
const refused = { ejabberd: page.take("refused-ejabberd"), prosody: page.take("refused-prosody") };
const asked = {
  ejabberd: page.take("asked-ejabberd"),
  prosody: page.take("asked-prosody"),
};
const reasons = {
  tampered: page.take("reasons-tampered"),
  expired: page.take("reasons-expired"),
};
const explained = { command: page.take("explained-command"), said: page.take("explained-said") };
const otherSecret = {
  command: page.take("other-secret-command"),
  said: page.take("other-secret-said"),
};
const notStarted = {
  log: page.take("not-started-log"),
  command: page.take("not-started-command"),
  said: page.take("not-started-said"),
};
const stopped = {
  log: page.take("stopped-log"),
  command: page.take("stopped-command"),
  said: page.take("stopped-said"),
};
const examined = {
  ejabberd: page.take("examined-ejabberd"),
  prosody: page.take("examined-prosody"),
};
const cache = {
  command: page.take("cache-command"),
  said: page.take("cache-said"),
};
const selftest = {
  command: page.take("selftest-command"),
  said: page.take("selftest-said"),
};

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
    for (const line of lines) expect(line).toMatch(/^ok: .*: 10 checks passed$/);
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
  const known = Object.keys(knownReasons);
  const documented = rowsOf("docs/doctor.md")
    .filter(({ heading }) => heading === "Reasons")
    .flatMap(({ cells: [names = ""] }) => [...names.matchAll(/`([\w-]+)`/g)].map(([, it]) => it));
  expect(known.length).toBeGreaterThan(10);
  expect(documented.sort()).toEqual(known.sort());
});
