import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MintedCredential } from "../../src/client/index.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { c2sOutcome } from "../support/clients/tcp-login.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { makeCertificate } from "../support/machine/certificate.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Prosody, startProsody } from "../support/servers/prosody.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const hosts = ["example.org", "other.example"];
const ways = ["wss", "xmpp", "xmpps"] as const;
const letsEveryoneIn = `
authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"
`;

function credential(host: string): MintedCredential {
  return { jid: `alice@${host}`, username: "alice", password: "any", ttl: 60, expires: 0 };
}

describeWith("prosody")("a private Prosody from the sample", () => {
  let server: Prosody;

  beforeAll(async () => {
    server = await startProsody({ hosts, options: letsEveryoneIn });
  });
  afterAll(() => server?.stop());

  test("is of the version that this run is for", ({ task }) => {
    task.meta.spokeTo = `Prosody ${server.version}`;
    const wanted = process.env.MAYFLY_PROSODY;
    expect(server.version).toMatch(wanted ? RegExp(`^${wanted}\\.`) : versionOf("prosody"));
  });

  describe.each(hosts)("lets somebody of %s in", (host) => {
    const alice = { user: "alice", host, password: "any" };

    test.each(ways)("by %s", async (way) => {
      expect(await outcome(server.by[way], credential(host))).toBe(`alice@${host}`);
    });

    test("without @xmpp/client", async () => {
      expect(await rawOutcome(server, alice)).toBe(`alice@${host}`);
      expect(await c2sOutcome(server, alice)).toBe("success");
    });
  });

  test.each(ways)("is not trusted by %s with another's certificate", async (way) => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-certificate-"));
    const ca = makeCertificate(folder, hosts).pem;
    rmSync(folder, { recursive: true });
    const login = outcome({ ...server.by[way], ca }, credential("example.org"));
    await expect(login).rejects.toThrow(/self-signed certificate/);
  });

  test("says why it does not start", async () => {
    const nowhere = startProsody({ hosts, options: 'authentication = "nowhere"' });
    await expect(nowhere).rejects.toThrow(
      /it offers no login.*Unable to load module 'auth_nowhere'/s,
    );
    const nonsense = startProsody({ hosts, options: "nonsense(" });
    await expect(nonsense).rejects.toThrow(/it exited with 1.*prosody\.cfg\.lua/s);
  });
});
