import { existsSync } from "node:fs";
import { join } from "node:path";
import { createElement } from "ltx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  explain,
  host,
  keys,
  mint,
  newUser,
  nextSecond,
  revokedError,
} from "../support/cases/revocation.ts";
import { makeRevokingProgram, type RevokingProgram } from "../support/cli/revoking-program.ts";
import { openRawStream } from "../support/clients/raw-stream.ts";
import {
  type FastToken,
  fastLoginOutcome,
  getFastToken,
  useFastToken,
} from "../support/clients/sasl/sasl2.ts";
import { prosodyRoot } from "../support/machine/newer-debian.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const fast = "usr/lib/prosody/modules/mod_sasl2_fast"; // of Debian's prosody-modules
/** Debian 12's breaks logins on its Prosody 0.12. */
const knowsFast = process.env.MAYFLY_PROSODY === "13" && existsSync(join(prosodyRoot, fast));

describeWith("prosody")("Prosody with FAST", () => {
  describe.runIf(knowsFast)("of its community:", () => {
    let program: RevokingProgram;
    let server: Prosody;

    beforeAll(async () => {
      program = await makeRevokingProgram(keys);
      await program.start();
      server = await startProsody({
        hosts: [host],
        socket: program.path,
        options: `
modules_enabled = { "saslauth", "tls", "disco", "ping", "websocket", "sasl2", "sasl2_bind2", "sasl2_fast" }
mayfly_end_fast_at_expiry = true`,
      });
    });
    afterAll(async () => {
      await server?.stop();
      await program?.end();
    });

    test("no token lives longer than its credential, nor gets a next one", async () => {
      const alice = newUser();
      const { password, expires } = await mint(alice, { ttl: 100 });
      const token = (await getFastToken(server, alice, password)) as FastToken;
      expect(token).toMatchObject({ expires });
      expect(await fastLoginOutcome(server, alice, token)).toBe(alice);
      expect(await fastLoginOutcome(server, alice, token)).toBe(alice);
      const short = await mint(alice, { ttl: 2 });
      const ending = (await getFastToken(server, alice, short.password)) as FastToken;
      await until(() => Date.now() / 1000 > short.expires + 1);
      expect(await fastLoginOutcome(server, alice, ending)).not.toBe(alice);
    });

    test("a token of who is revoked opens nothing, and what it has opened is over", async () => {
      const alice = newUser();
      const { password } = await mint(alice);
      const token = (await getFastToken(server, alice, password)) as FastToken;
      const stream = await openRawStream(server, host, alice);
      // Nobody has told Prosody yet: the socket is down.
      await program.kill();
      await program.revokeUser(alice);
      await nextSecond(); // the login comes after the revocation
      expect(await useFastToken(stream, alice, token)).toBe("success");
      await program.start();
      const presence = createElement("presence", { xmlns: "jabber:client" });
      expect(explain(await stream.ask(presence, ["stream:error"]))).toEqual(revokedError());
      await stream.close();
      expect(await fastLoginOutcome(server, alice, token)).toBe("credentials-expired");
    });
  });
});
