// Checked by `npm run check`, and never run: what was built, for an app server.
import {
  type Decision,
  Keyring,
  mint,
  parseCredential,
  type Reason,
  revokeCredential,
  revokeUser,
  verify,
} from "mayfly";
import { credentials, externalAuth, routes } from "mayfly/http";
import { openStore, type Store } from "mayfly/store";

const keyring = new Keyring([{ id: "a", secret: "a secret of thirty-two bytes at least" }]);
const store: Store = await openStore("memory");
const login = { user: "alice", host: "example.com", password: "1893456000:mac" };

// Every outcome is a promise, and `ok` tells the two kinds apart.
const decision: Promise<Decision> = verify(login, { keyring, store, now: 1_893_456_000 });
decision.then((it) => (it.ok ? it.expiresAt : it.reason));
// @ts-expect-error: what is refused has no user
decision.then((it) => !it.ok && it.user);
// @ts-expect-error: the time is an option
verify(login, { keyring }, 1_893_456_000);
// @ts-expect-error: a time is a number of seconds
mint({ jid: "alice@example.com" }, { keyring, now: new Date() });

const wasServed: Promise<boolean> = revokeUser("alice", "example.com", { store });
const expires: Promise<number | undefined> = revokeCredential(login.password, { store });
// @ts-expect-error: it needs a store
revokeUser("alice", "example.com", {});

// A store of one's own has these methods, and no others.
const own: Store = { ...store, getStatus: async () => ({ revoked: true }) };
// @ts-expect-error: a status says whether the credential is revoked
const wrong: Store = { ...store, getStatus: async () => ({}) };

const parsed = parseCredential(login.password);
if (parsed?.format === "jwt") parsed.header.alg satisfies string;
else parsed?.expires satisfies number | undefined;

// Routes verify and mint by the clock.
const options = { keyring, store, backendSecret: "a secret" };
routes(options);
externalAuth(options);
credentials({ ...options, user: (c) => c.req.header("x-user") });
// @ts-expect-error: or a fixed time would be good for ever
externalAuth({ ...options, now: 1_893_456_000 });

export const reason: Reason = "expired";
// @ts-expect-error: there is no such reason
export const none: Reason = "late";
export { expires, own, wasServed, wrong };
