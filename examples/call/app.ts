import { Hono } from "hono";
import { type KeyInput, Keyring, mint, Policies } from "mayfly";
import { credentials } from "mayfly/http";
import { toySession } from "../web/toy-session.ts";
import type { Session } from "./session.ts";

/** What an app server has to know. */
export interface AppOptions extends Omit<Session, "user"> {
  /** The key that the three servers have, too. */
  key: KeyInput;
  /** Where the relay is, such as `turn:turn.example.com:3478?transport=udp` (RFC 7065). */
  turnUris: string[];
  /** How long a credential lives, in seconds. */
  ttl: number;
}

/**
 * An app server: it knows who is signed in, and mints for them. It never speaks to the servers that the
 * credentials are for, nor they to it.
 */
export function createApp({ key, turnUris, ttl, ...where }: AppOptions): Hono {
  const keyring = new Keyring([key]);
  const policies = new Policies({ [where.host]: { ttl } });
  const jidOf = (user: string) => `${user}@${where.host}`;
  const { routes, userOf } = toySession({
    check: (user) => mint({ jid: jidOf(user) }, { keyring }),
    tell: (user): Session => ({ user, ...where }),
  });
  const minting = credentials({
    keyring,
    policies,
    turnUris,
    user(c) {
      const user = userOf(c);
      return user === undefined ? undefined : jidOf(user);
    },
  });
  return new Hono().route("/session", routes).route("/credentials", minting);
}
