import { randomBytes } from "node:crypto";
import type { MintedCredential } from "mayfly/client";
import { Keyring } from "mayfly/keyring";
import { Minter } from "mayfly/mint";

/** The host that everybody here is on. */
export const host = "example.org";

/** The one key of this demo, made for this run. */
export const key = { id: "demo", secret: randomBytes(32).toString("base64") };

const minter = new Minter(new Keyring([key]));

/** What an app server does for a user it knows. */
export function mint(user: string): MintedCredential {
  return minter.mint({ jid: `${user}@${host}`, ttl: 600 });
}

/** Credentials that nobody may log in with. */
export function bad(): [what: string, credential: MintedCredential][] {
  const alice = mint("alice");
  const aMinuteAgo = Math.floor(Date.now() / 1000) - 60;
  const expired = minter.mint({ jid: alice.jid, ttl: 59 }, aMinuteAgo);
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
