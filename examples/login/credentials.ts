import { randomBytes } from "node:crypto";
import { Keyring, type MintedCredential, mint as mintWith } from "mayfly";

/** The host that everybody here is on. */
export const host = "example.org";

/** The one key of this demo, made for this run. */
export const key = { id: "demo", secret: randomBytes(32).toString("base64") };

const keyring = new Keyring([key]);

/** What an app server does for a user it knows. */
export function mint(user: string): Promise<MintedCredential> {
  return mintWith({ jid: `${user}@${host}`, ttl: 600 }, { keyring });
}

/** Credentials that nobody may log in with. */
export async function bad(): Promise<[what: string, credential: MintedCredential][]> {
  const alice = await mint("alice");
  const aMinuteAgo = Math.floor(Date.now() / 1000) - 60;
  const expired = await mintWith({ jid: `alice@${host}`, ttl: 59 }, { keyring, now: aMinuteAgo });
  const [expires, mac] = alice.password.split(":");
  return [
    ["one that expired a second ago", expired],
    ["one made to live a second longer", { ...alice, password: `${Number(expires) + 1}:${mac}` }],
    ["alice's, tried by bob", { ...alice, jid: `bob@${host}`, username: "bob" }],
  ];
}

/** A password with most of its MAC hidden. */
export function masked(password: string): string {
  return password.replace(/:(.{4}).*$/, ":$1...");
}
