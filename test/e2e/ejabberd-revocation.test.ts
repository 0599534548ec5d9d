import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  describeRevocation,
  expectRaceIsWon,
  host,
  keys,
  mint,
  newUser,
} from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { installModMayfly } from "../support/servers/mod-mayfly.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const native = { auth_method: ["mayfly"] };

/** @param auth - that of the sample, with extauth, unless it says otherwise */
function start(store: string, socket: string, auth: object = {}): Promise<Ejabberd> {
  return startEjabberd({
    hosts: [host],
    mayfly: { keys, store },
    furnish: installModMayfly,
    options: {
      ...auth,
      loglevel: "debug",
      modules: { mod_disco: {}, mod_ping: {}, mod_stream_mgmt: {}, mod_mayfly: { socket } },
    },
  });
}

describeWith("ejabberd")("ejabberd", () => {
  let program: RevokingProgram;

  beforeAll(async () => {
    program = await makeRevokingProgram(keys);
    await program.start();
  });
  afterAll(() => program?.end());

  describe.each([
    ["that asks mayfly serve", native],
    ["with extauth alone", {}],
  ])("%s:", (_, auth) => {
    let server: Ejabberd;

    beforeAll(async () => {
      server = await start(program.storeUrl, program.path, auth);
    });
    afterAll(() => server?.stop());

    describeRevocation(() => ({ server, program }));
  });

  test("ends a login that was decided before its credential was revoked", async () => {
    await expectRaceIsWon(program, (socket) => start(program.storeUrl, socket, native));
  });
});

describeWith("ejabberd")("ejabberd that may not follow", () => {
  test("says so, and logs in as before", async () => {
    const program = await makeRevokingProgram(keys, { hasRight: false });
    await program.start();
    const server = await start(program.storeUrl, program.path, native);
    try {
      await until(() => server.log().includes(`add "feed: { sockets: [${program.path}] }"`));
      const alice = newUser();
      const { password } = await mint(alice);
      const login = { user: alice.split("@")[0] as string, host, password };
      expect(await rawOutcome(server, login)).toBe(alice);
      await program.revokeCredential(password);
      expect(await rawOutcome(server, login)).toBe("not-authorized");
    } finally {
      await server.stop();
      await program.end();
    }
  });
});
