import { createSecretKey } from "node:crypto";
import { compactVerify } from "jose";
import { describe, expect, test } from "vitest";
import { type JwsAlgorithm, jwsAlgorithms } from "../../src/credential/algorithms.ts";
import { parseJws } from "../../src/credential/jws.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { findSigner } from "../../src/verify/signer.ts";
import {
  haveVectors,
  readVectors,
  type WycheproofGroup,
  type WycheproofTest,
} from "../support/data/wycheproof.ts";

interface Jwk {
  kty: string;
  kid: string;
  alg?: string;
  k?: string;
}

interface Group extends WycheproofGroup<{ jws: string }> {
  private?: Jwk;
  public?: Jwk;
}

type Vector = WycheproofTest & { jws: string; jwk: Jwk };

const groups = haveVectors ? readVectors<Group>("json_web_signature_test.json") : [];
const vectors: Vector[] = groups.flatMap((group) =>
  group.tests.map((it) => ({ ...it, jwk: (group.public ?? group.private) as Jwk })),
);

/** The key of a vector as we would be given it; nothing where we would refuse it. */
function keyOf({ jwk, jws }: Vector): Keyring {
  const named = jwk.alg === "ES521" ? "ES512" : jwk.alg; // their slip: no such algorithm exists
  const algorithm = jwsAlgorithms.find((name) => name === (named ?? algorithmIn(jws)));
  const { alg: _, ...rest } = jwk;
  const secret = jwk.k ? Buffer.from(jwk.k, "base64url") : JSON.stringify(rest);
  const key: KeyInput = {
    id: jwk.kid,
    secret,
    algorithm: algorithm ?? "HS256",
    state: "verify",
    allowShort: true,
  };
  try {
    return new Keyring([key]);
  } catch {
    return new Keyring([]);
  }
}

function algorithmIn(jws: string): JwsAlgorithm | undefined {
  const { alg } = JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString());
  return alg;
}

/** Whether our verifier takes the signature of a vector; its payload is no claims. */
async function accepts(vector: Vector): Promise<boolean> {
  const compact = parseJws(vector.jws);
  return compact !== undefined && "key" in (await findSigner(compact, keyOf(vector)));
}

describe.skipIf(!haveVectors)("Wycheproof's vectors of JWS", () => {
  test("are all decided as they say, but for six that contradict others, or our rules", async () => {
    const other: Vector[] = [];
    for (const vector of vectors) {
      if ((await accepts(vector)) !== (vector.result === "valid")) other.push(vector);
    }
    const ids = (which: (vector: Vector) => boolean) => other.filter(which).map(({ tcId }) => tcId);
    // The padding that should make them invalid is not in the file: they are a valid one again.
    expect(ids(isTwin)).toEqual([367, 370]);
    // "Valid" for who skips characters that base64url does not have; a token has one spelling.
    expect(ids(({ jws }) => jws.includes("?"))).toEqual([372, 373]);
    // Signed by PS384 with a key for PS256: the algorithm belongs to the key.
    expect(ids(({ jws, jwk }) => jwk.alg === "PS256" && algorithmIn(jws) === "PS384")).toEqual([
      346, 350,
    ]);
    expect(other).toHaveLength(6);
    expect(vectors).toHaveLength(401);
  });

  test("hold some that jose alone would accept", async () => {
    const lax: number[] = [];
    for (const { jwk, jws, tcId, result } of vectors) {
      if (result === "valid" || !jwk.k) continue;
      const key = createSecretKey(Buffer.from(jwk.k, "base64url"));
      const verified = await compactVerify(jws, key, { algorithms: ["HS256"] }).catch(() => null);
      if (verified && ![367, 370].includes(tcId)) lax.push(tcId);
    }
    expect(lax.length).toBeGreaterThan(0);
  });

  function isTwin({ jws, result }: Vector): boolean {
    return vectors.some((it) => it.jws === jws && it.result !== result);
  }
});
