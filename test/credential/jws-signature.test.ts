import { compactVerify } from "jose";
import { expect, test } from "vitest";
import { type JwsAlgorithm, jwsAlgorithms } from "../../src/credential/algorithms.ts";
import { parseJws } from "../../src/credential/jws.ts";
import { signJws, verifyJws } from "../../src/credential/jws-signature.ts";
import { importSecret, type KeyMaterial } from "../../src/keyring/import-key.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";

const secret = "a secret of sixty-four bytes, which are as many as HS512 demands";
const rsa = pemPair("RS256");
const claims = { sub: "zoë@example.com", exp: 1893456000 };

function keyFor(algorithm: JwsAlgorithm): Required<KeyMaterial> {
  return importSecret(secretFor(algorithm), algorithm) as Required<KeyMaterial>;
}

function secretFor(algorithm: JwsAlgorithm): string {
  if (algorithm.startsWith("HS")) return secret;
  return (/^[RP]S/.test(algorithm) ? rsa : pemPair(algorithm)).privateKey;
}

test.each(jwsAlgorithms)("a token that we sign by %s is one for jose and for us", async (alg) => {
  const { signing, verification } = keyFor(alg);
  const header = { typ: "JWT", alg, kid: "north" };
  const token = signJws(signing, header, claims);
  const { payload, protectedHeader } = await compactVerify(token, verification);
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(claims);
  expect(protectedHeader).toEqual(header);
  const parsed = parseJws(token);
  expect(parsed && verifyJws(verification, alg, parsed)).toBe(true);
  // By these two, each signature is another one.
  if (!/^(ES|PS)/.test(alg)) expect(token).toBe(await signedToken(signing, header, claims));
});
