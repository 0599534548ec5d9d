import { Hono } from "hono";
import type { Json } from "../credential/index.ts";
import type { Visitors } from "./auth/caller.ts";
import type { SignInOptions } from "./auth/sign-in/options.ts";
import { createSignIn, type SignIn } from "./auth/sign-in/sign-in.ts";
import { readTrustedHeader, type TrustedHeader } from "./auth/trusted-header.ts";
import { grantFromClaims } from "./jitsi/grant.ts";
import type { Metrics } from "./metrics.ts";
import { plainPath } from "./plain-path.ts";
import { Problem } from "./problem.ts";
import { type RequestLogEnv, type RequestRecord, requestLogger } from "./request-log.ts";
import { type ChatOptions, chat } from "./routes/chat/route.ts";
import { type RoutesOptions, routes } from "./routes/index.ts";
import { type StatusOptions, status } from "./status/route.ts";

/** Options of {@link createApp}. */
export type AppOptions = RoutesOptions &
  StatusOptions & {
    metrics: Metrics;
    /** A header in which a reverse proxy names the user that it has signed in. */
    trustedHeader?: TrustedHeader;
    /** Sign-in at an identity provider. */
    signIn?: SignInOptions;
    /** The chat page. It needs `trustedHeader` or `signIn`. */
    chat?: Pick<ChatOptions, "service" | "folder">;
    /** Called with a record of each request, except those to `/healthz` and `/metrics`. */
    tell: (request: RequestRecord) => void;
  };

/** Creates the app of `mayfly serve`: the API, `/status`, `/metrics` and `/healthz`. */
export function createApp({
  metrics,
  tell,
  trustedHeader,
  signIn: signInOptions,
  chat: chatOptions,
  ...options
}: AppOptions): Hono<RequestLogEnv> {
  const rules = options.jitsi?.claims;
  const grantOf = rules && ((claims: Json) => grantFromClaims(rules, claims));
  const home = chatOptions ? "/chat" : "/";
  const signIn = signInOptions && createSignIn({ ...signInOptions, home }, options.store, grantOf);
  const users = createUsers(trustedHeader, signIn);
  const app = new Hono<RequestLogEnv>();
  app.use(plainPath);
  app.route("/healthz", healthz());
  app.route("/metrics", metricsRoute(metrics));
  app.use(requestLogger(tell));
  app.route("/status", status(options));
  app.route("/", routes({ ...options, ...users, ...(signIn && { signInIssuer: signIn.issuer }) }));
  if (signIn) app.route("/", signIn.routes);
  const { visitors } = users;
  if (chatOptions && visitors) app.route("/chat", chat({ ...chatOptions, visitors }));
  return app.notFound(() => new Problem("not-found", "no such route").getResponse());
}

/** Who is signed in: by the header of a proxy, or else at the identity provider. */
function createUsers(
  trustedHeader: TrustedHeader | undefined,
  signIn: SignIn | undefined,
): Pick<RoutesOptions, "user" | "visitors"> {
  const byHeader = trustedHeader && readTrustedHeader(trustedHeader);
  if (!byHeader && !signIn) return {};
  const visitors: Visitors = {
    user: (c) => byHeader?.(c) ?? signIn?.visitor(c),
    ...(signIn && {
      // Not of a user whom the proxy's header names: that may be somebody else.
      grant: async (c) => (byHeader?.(c) ? undefined : signIn.grant(c)),
      signInUrl: (c) => signIn.signInUrl(c),
    }),
  };
  return { user: (c) => byHeader?.(c) ?? signIn?.user(c), visitors };
}

/** `GET /healthz`: 200 while the process is responsive. */
export function healthz(): Hono {
  return new Hono().get("/", (c) => c.text("ok\n"));
}

/** `GET /metrics`, in Prometheus' text format. */
export function metricsRoute(metrics: Metrics): Hono {
  return new Hono().get("/", async (c) =>
    c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
}
