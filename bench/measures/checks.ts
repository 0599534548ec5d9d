import { createHmac, createSecretKey, verify as verifySignature } from "node:crypto";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { decide as verify } from "../../src/verify/index.ts";
import type { Bench } from "../bench.ts";
import { type Comparison, compare } from "../comparison.ts";
import { host, keys, requestsFor } from "../fixtures.ts";
import { turns } from "../turns.ts";

/** What a decision costs beside the bare cryptography in it, and what minting does. */
export async function checks({ effort }: Bench): Promise<Comparison[]> {
  const keyring = new Keyring(Object.values(keys));
  const logins = await Promise.all(
    Object.entries(keys).map(async ([name, key]) => {
      const [request = ""] = await requestsFor(key);
      const [, user = "", , ...rest] = request.split(":");
      return [name, { user, host, password: rest.join(":") }] as const;
    }),
  );
  const login = new Map(logins);
  const decide = (name: keyof typeof keys) => {
    const asked = login.get(name);
    if (!asked) throw new Error(name);
    return () => {
      const decision = verify(asked, { keyring });
      if (!("ok" in decision && decision.ok)) throw new Error(`${name} is refused`);
    };
  };
  const bare = (name: "RS256" | "EdDSA", hash: string | null) => {
    const [signed = "", signature = ""] = cut(login.get(name)?.password ?? "");
    const key = keyring.keys.find(({ id }) => id === name)?.verification;
    if (!key) throw new Error(name);
    const [bytes, signatureBytes] = [Buffer.from(signed), Buffer.from(signature, "base64url")];
    return () => {
      if (!verifySignature(hash, bytes, key, signatureBytes)) throw new Error(`${name} is refused`);
    };
  };
  const hmac = (hash: string, text: string) => {
    const key = createSecretKey(Buffer.from(keys.mojoauth.secret));
    return () => void createHmac(hash, key).update(text).digest("base64");
  };
  const [signedText = ""] = cut(login.get("HS256")?.password ?? "");
  const jid = `alice@${host}`;
  const [sha1, sha256, rsa, ed25519] = [
    "bare HMAC-SHA1",
    "bare HMAC-SHA256",
    "bare RSA",
    "bare Ed25519",
  ];

  return [
    compare(
      "A decision on mojoauth",
      "µs",
      await turns(
        { [sha1]: hmac("sha1", `1893456000:${jid}`), mojoauth: decide("mojoauth") },
        40 * effort,
        4000,
      ),
      { mojoauth: 2 },
    ),
    compare(
      "A decision on a JWT by HS256",
      "µs",
      await turns(
        { [sha256]: hmac("sha256", signedText), HS256: decide("HS256") },
        40 * effort,
        2000,
      ),
    ),
    compare(
      "A decision on a JWT by RS256",
      "µs",
      await turns({ [rsa]: bare("RS256", "sha256"), RS256: decide("RS256") }, 40 * effort, 500),
      { RS256: 1.5 },
    ),
    compare(
      "A decision on a JWT by EdDSA",
      "µs",
      await turns({ [ed25519]: bare("EdDSA", null), EdDSA: decide("EdDSA") }, 40 * effort, 200),
    ),
    compare(
      "Minting",
      "µs",
      await turns(
        {
          [sha1]: hmac("sha1", `1893456000:${jid}`),
          mojoauth: () => mint({ jid, key: "mojoauth" }, { keyring }),
          HS256: () => mint({ jid, key: "HS256" }, { keyring }),
          EdDSA: () => mint({ jid, key: "EdDSA" }, { keyring }),
        },
        20 * effort,
        200,
      ),
    ),
  ];
}

/** A token without its signature, and the signature. */
function cut(token: string): [string, string] {
  const dot = token.lastIndexOf(".");
  return [token.slice(0, dot), token.slice(dot + 1)];
}
