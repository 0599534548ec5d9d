import { createPrivateKey } from "node:crypto";
import { importSecret } from "../../src/keyring/import-key.ts";
import { type Issuer, type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { localJwks } from "../../src/keyring/jwks.ts";
import { type MintRequest, mint } from "../../src/mint/index.ts";
import { pemPair, signedToken } from "../support/data/jwt.ts";

export const host = "example.com";
export const alice = "alice@example.com";
export const apiKey = "the API key of an app server";
export const backendSecret = "the secret of the XMPP servers";

const iss = "https://id.example.com";
const pair = pemPair("ES256");
const jwk = importSecret(pair.publicKey, "ES256").verification.export({ format: "jwk" });

/** The issuer of {@link issued}. */
export const issuer: Issuer = {
  issuer: iss,
  keys: localJwks({ keys: [jwk] }),
  algorithms: ["ES256"],
  audience: host,
};

export const keys: KeyInput[] = [
  { id: "north", secret: "a secret of thirty-two bytes at least" },
  { id: "jwt", secret: "a secret of JWTs, of 32 bytes at least", algorithm: "HS256" },
  {
    id: "meet",
    secret: "a secret of Jitsi's, of 32 bytes at least",
    algorithm: "HS256",
    issuer: "app",
    profiles: ["jitsi"],
  },
];

export const keyring = new Keyring(keys, [issuer]);

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** A token of the issuer, for alice unless told otherwise. */
export function issued(claims: object = {}): Promise<string> {
  const usual = { iss, sub: "alice", aud: host, iat: now(), exp: now() + 60 };
  return signedToken(
    createPrivateKey(pair.privateKey),
    { alg: "ES256", typ: "JWT" },
    { ...usual, ...claims },
  );
}

/** A token of ours, for X-OAUTH2. */
export async function ourToken(request: MintRequest = {}, at = now()): Promise<string> {
  const whole = { jid: alice, ...(request.format !== "jwt" && { present: "token" as const }) };
  return (await mint({ ...whole, ...request }, { keyring, now: at })).password;
}

/** What stands in `Authorization` for a bearer. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** What an answer's JSON may hold. */
export interface Body {
  jid: string;
  username: string;
  password: string;
  mechanism: string;
  ttl: number;
  expires: number;
  user: string;
  expire: number;
  type: string;
  title: string;
  status: number;
  detail: string;
}

/** The status of an answer, and its JSON. */
export async function json(answer: Response | Promise<Response>): Promise<Answer> {
  const response = await answer;
  return { status: response.status, body: (await response.json()) as Body };
}

interface Answer {
  status: number;
  body: Body;
}
