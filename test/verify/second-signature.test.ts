import { createPrivateKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { importSecret } from "../../src/keyring/import-key.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { Policies } from "../../src/policy.ts";
import { openStore } from "../../src/store/open.ts";
import { revokeCredential, verify } from "../../src/verify/index.ts";
import { otherSignature, pemPair, signedToken } from "../support/data/jwt.ts";

const host = "example.com";
const jid = `alice@${host}`;
const iss = "https://id.example.com";
const now = Math.floor(Date.now() / 1000);

// Without a `jti`, a token is known by something else. An ECDSA signature (r, s) has a second value
// that verifies, (r, n - s), which anyone can compute.
describe.each(["ES256", "ES384", "ES512"] as const)("a token by %s without a jti", (algorithm) => {
  const pair = pemPair(algorithm);
  const signing = createPrivateKey(pair.privateKey);
  const jwk = importSecret(pair.publicKey, algorithm).verification.export({ format: "jwk" });
  const keys = localJwks({ keys: [jwk] });
  const issuer = { issuer: iss, keys, algorithms: [algorithm], audience: host };
  const own = { id: "own", secret: pair.publicKey, algorithm, state: "verify" } as const;
  const claims = { sub: jid, aud: host, iat: now, exp: now + 600, scope: "sasl_auth" };

  describe.each([
    ["of our own key", new Keyring([own]), claims],
    ["of an issuer", new Keyring([], [issuer]), { ...claims, iss }],
  ])("%s", (_, keyring, claims) => {
    async function world(singleUse: boolean) {
      const store = await openStore("memory");
      const trust = { keyring, store, policies: new Policies({ [host]: { singleUse } }) };
      const token = await signedToken(signing, { alg: algorithm }, claims);
      const decide = async (password: string) => {
        const decision = await verify({ user: "alice", host, password }, trust);
        return decision.ok ? "ok" : decision.reason;
      };
      return { store, token, other: otherSignature(token, algorithm), decide };
    }

    test("has a second signature that is as good", async () => {
      const { token, other, decide } = await world(false);
      expect(other).not.toBe(token);
      expect(await decide(token)).toBe("ok");
      expect(await decide(other)).toBe("ok");
    });

    test("is good once, with whichever signature", async () => {
      const { token, other, decide } = await world(true);
      expect(await decide(token)).toBe("ok");
      expect(await decide(other)).toBe("already-used");
    });

    test("is revoked with either signature", async () => {
      const { store, token, other, decide } = await world(false);
      await revokeCredential(token, { store });
      expect(await decide(token)).toBe("revoked");
      expect(await decide(other)).toBe("revoked");
    });
  });
});
