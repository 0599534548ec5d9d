import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import * as v from "valibot";
import type { Store } from "../../../store/index.ts";
import { currentTime } from "../../../time.ts";
import { headersOf } from "../../base-app.ts";
import type { JitsiGrant } from "../../jitsi/grant.ts";
import type { SignInOptions } from "./options.ts";
import { createSealedCookie } from "./sealed-cookie.ts";

const content = v.object({
  /** Random id, which stays the same when the cookie is renewed. */
  id: v.string(),
  /** Bare JID of the user. */
  jid: v.string(),
  /** When the user signed in at the provider, in Unix seconds. */
  signedInAt: v.number(),
  /** What the provider's claims grant at Jitsi, by the rules of that time. */
  grant: v.exactOptional(v.custom<JitsiGrant>((it) => typeof it === "object" && it !== null)),
  /** When this cookie was made, in Unix seconds. */
  sealedAt: v.number(),
});

/** A user who is signed in, as the cookie says. */
export type Session = v.InferOutput<typeof content>;

/** The sessions of signed-in users, kept in a cookie of each browser. */
export interface Sessions {
  /** The `Set-Cookie` that begins a session. */
  begin(jid: string, grant?: JitsiGrant): Promise<string>;
  /** The session of a request, if there is one that counts. Renews the cookie once it is a minute old. */
  read(c: Context): Promise<Session | undefined>;
  /** Ends the session of a request: no copy of its cookie counts any more. Returns the `Set-Cookie`. */
  end(c: Context): Promise<string>;
}

/** Lifetime of a cookie that is not renewed, in seconds. */
const idleSeconds = 1800;

/** Age at which a cookie is renewed, in seconds. */
const renewAfterSeconds = 60;

const maxEnded = 10_000;

/** Creates the sessions of a sign-in. With a store, all that share it know which sessions have ended. */
export function createSessions(options: SignInOptions, store: Store | undefined): Sessions {
  const { clientSecret: secret, url: audience, maxAge = 43_200 } = options;
  const cookie = createSealedCookie({ name: "mayfly", content, secret, audience });
  const ended = new Set<string>();

  return {
    begin(jid, grant) {
      const now = currentTime();
      const session = { id: randomUUID(), jid, signedInAt: now, sealedAt: now };
      return seal(grant ? { ...session, grant } : session);
    },

    async read(c) {
      const session = await cookie.read(c);
      if (!session || !(await counts(session))) return undefined;
      const now = currentTime();
      if (now - session.sealedAt >= renewAfterSeconds) {
        headersOf(c)["set-cookie"] = await seal({ ...session, sealedAt: now });
      }
      return session;
    },

    async end(c) {
      const session = await cookie.read(c);
      if (session) {
        ended.add(session.id);
        // A Set keeps the order: the first is the one that ended first.
        for (const oldest of ended) {
          if (ended.size <= maxEnded) break;
          ended.delete(oldest);
        }
        await store?.revoke(nameInStore(session), session.signedInAt + maxAge);
      }
      return cookie.removal;
    },
  };

  function seal(session: Session): Promise<string> {
    const expires = Math.min(session.sealedAt + idleSeconds, session.signedInAt + maxAge);
    return cookie.seal(session, expires);
  }

  async function counts(session: Session): Promise<boolean> {
    if (ended.has(session.id)) return false;
    if (!store) return true;
    const { revoked, user } = await store.getStatus(nameInStore(session), session.jid);
    // What revokes a user's credentials ends the sign-ins of before as well.
    return !revoked && !(user && session.signedInAt <= user.issuedBy);
  }
}

function nameInStore({ id }: Session): string {
  return `sign-in:${id}`;
}
