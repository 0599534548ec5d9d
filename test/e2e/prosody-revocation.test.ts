import { afterAll, beforeAll, expect, test } from "vitest";
import {
  describeRevocation,
  expectRaceIsWon,
  explain,
  host,
  keys,
  mint,
  newUser,
  openSession,
  revokedError,
} from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

/** The modules of the sample, and a shell. */
const withShell = `modules_enabled = { "saslauth", "tls", "disco", "roster", "ping", "smacks", "websocket", "admin_shell" }`;

describeWith("prosody")("Prosody that asks mayfly serve:", () => {
  let program: RevokingProgram;
  let server: Prosody;

  beforeAll(async () => {
    program = await makeRevokingProgram(keys);
    await program.start();
    server = await startProsody({ hosts: [host], socket: program.path, options: withShell });
  });
  afterAll(async () => {
    await server?.stop();
    await program?.end();
  });

  describeRevocation(() => ({ server, program }));

  test("a login that was decided before its credential was revoked is out", async () => {
    await expectRaceIsWon(program, (socket) => startProsody({ hosts: [host], socket }));
  });

  test("a session is known, and ends, also where the module is loaded anew", async () => {
    const alice = newUser();
    const { xmpp, ends } = await openSession(server, () => mint(alice));
    expect(server.shell(`module:reload("auth_mayfly", "${host}")`)).toContain("OK");
    await until(async () => (await program.listSessions(alice)).length === 1);
    const { password } = await mint(newUser()); // logs in as before
    expect(await rawOutcome(server, { user: alice, host, password })).toBe("not-authorized");
    await program.revokeUser(alice);
    await until(() => ends.length > 0);
    expect(explain(ends[0])).toEqual(revokedError());
    await xmpp.stop();
  });
});

describeWith("prosody")("Prosody that may not follow", () => {
  test("says so, and logs in as before", async () => {
    const program = await makeRevokingProgram(keys, { hasRight: false });
    await program.start();
    const server = await startProsody({ hosts: [host], socket: program.path });
    try {
      await until(() => server.log().includes(`add "feed: { sockets: [${program.path}] }"`));
      const alice = newUser();
      const { password } = await mint(alice);
      const login = { user: alice.split("@")[0] as string, host, password };
      expect(await rawOutcome(server, login)).toBe(alice);
      await program.revokeCredential(password);
      expect(await rawOutcome(server, login)).toBe("account-disabled");
    } finally {
      await server.stop();
      await program.end();
    }
  });
});
