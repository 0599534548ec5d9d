import { describe, expect, test } from "vitest";
import { parseCredential } from "../../../src/credential/index.ts";
import { tamperings } from "../../../src/doctor/checks/forged.ts";
import { Keyring } from "../../../src/keyring/index.ts";
import { mint } from "../../../src/mint/index.ts";
import { verify } from "../../../src/verify/index.ts";
import { host, keys } from "../../support/cli/doctor.ts";

const keyring = new Keyring(keys);

describe.each(["north", "jwt"])("a credential of key %s", (key) => {
  const minted = () => mint({ jid: `alice@${host}`, key, ttl: 60 }, { keyring });
  const decide = (password: string) => verify({ user: "alice", host, password }, { keyring });

  test("is good as it is", async () => {
    expect(await decide((await minted()).password)).toMatchObject({ ok: true });
  });

  test.each(Object.entries(tamperings))(
    "with another %s has a bad signature",
    async (_, change) => {
      const { password } = await minted();
      const changed = change(password);
      expect(changed).not.toBe(password);
      expect(changed).toHaveLength(password.length);
      expect(await decide(changed)).toMatchObject({ ok: false, reason: "bad-signature" });
    },
  );

  test("with another expiry is well-formed, and lives a minute longer", async () => {
    const { password } = await minted();
    const [before, after] = [password, tamperings.expiry(password)].map((it) => {
      const { format, expires, claims } = { ...parseCredential(it) } as Record<string, unknown>;
      return { format, expires: (claims as { exp?: number } | undefined)?.exp ?? expires };
    });
    expect(after).toEqual({ ...before, expires: Number(before?.expires) + 60 });
  });

  test("with another signature is changed in one character of it", async () => {
    const { password } = await minted();
    const changed = tamperings.signature(password);
    const places = [...password].flatMap((it, index) => (it === changed[index] ? [] : index));
    expect(places).toEqual([Math.max(password.lastIndexOf(":"), password.lastIndexOf(".")) + 1]);
  });
});
