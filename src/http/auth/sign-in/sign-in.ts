import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Json } from "../../../credential/index.ts";
import type { Issuer } from "../../../keyring/index.ts";
import type { Store } from "../../../store/index.ts";
import { currentTime } from "../../../time.ts";
import { linksOf } from "../../../verify/index.ts";
import { createRoute } from "../../base-app.ts";
import type { JitsiGrant } from "../../jitsi/grant.ts";
import { annotate, type RequestLogEnv } from "../../request-log.ts";
import { createSignInIssuer, jidOfClaims } from "./claims.ts";
import type { SignInOptions } from "./options.ts";
import { noticePage } from "./page.ts";
import { createProvider } from "./provider.ts";
import { resolveReturn } from "./return-url.ts";
import { isFromOwnPage, isNavigation } from "./same-origin.ts";
import { createSealedCookie } from "./sealed-cookie.ts";
import { createSessions, type Session } from "./session.ts";

/** Sign-in at an identity provider: its routes, and who is signed in. */
export interface SignIn {
  /** `GET /sign-in`, `/sign-in/callback` and `/sign-out`, `/sign-out/done`. */
  routes: Hono<RequestLogEnv>;
  /** The provider, as the issuer of logout tokens. */
  issuer: Issuer;
  /** Bare JID of the user, for a request that a page of the same origin sends. */
  user(c: Context): Promise<string | undefined>;
  /** The same, for a page that the browser opens. */
  visitor(c: Context): Promise<string | undefined>;
  /** What a visitor's claims at the provider grant at Jitsi. */
  grant(c: Context): Promise<JitsiGrant | undefined>;
  /** Where a visitor signs in, to return to what they have asked for. */
  signInUrl(c: Context): string;
}

const content = v.object({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  returnTo: v.string(),
});

/** Time to sign in at the provider, in seconds. */
const transactionSeconds = 600;

/**
 * Creates the sign-in of `mayfly serve`: OpenID Connect's authorization code flow with PKCE, state and nonce.
 * Who is signed in is kept in a cookie of the browser.
 *
 * @param grantOf - what the provider's claims grant at Jitsi, kept in that cookie
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9700}
 */
export function createSignIn(
  options: SignInOptions,
  store?: Store,
  grantOf: (claims: Json) => JitsiGrant | undefined = () => undefined,
): SignIn {
  const base = options.url.replace(/\/$/, "");
  const { origin, pathname: prefix } = new URL(base);
  const provider = createProvider(options);
  const issuer = createSignInIssuer(options);
  const sessions = createSessions(options, store);
  const { clientSecret: secret, url: audience } = options;
  const transactions = createSealedCookie({ name: "mayfly-sign-in", content, secret, audience });
  const usedStates = new Map<string, number>();
  const signIn = createRoute();
  const signOut = createRoute();

  signIn.get("/", async (c) => {
    annotate(c, { op: "sign-in" });
    const returnTo = resolveReturn(c.req.query("return"), `${base}${options.home ?? "/"}`);
    let begun: Awaited<ReturnType<typeof provider.begin>>;
    try {
      begun = await provider.begin(`${base}/sign-in/callback`);
    } catch (error) {
      annotate(c, { warning: `the identity provider cannot be asked: ${describe(error)}` });
      return refuse(c, 503, "The identity provider cannot be reached now.");
    }
    const { url, transaction } = begun;
    const expires = currentTime() + transactionSeconds;
    setCookie(c, await transactions.seal({ ...transaction, returnTo }, expires));
    annotate(c, { ok: true });
    return c.redirect(url);
  });

  signIn.get("/callback", async (c) => {
    annotate(c, { op: "sign-in" });
    const transaction = await transactions.read(c);
    setCookie(c, transactions.removal);
    if (!transaction || !useOnce(transaction.state)) {
      return refuse(c, 403, "This sign-in was not begun in this browser, or it took too long.");
    }
    const response = new URL(`${base}/sign-in/callback${queryOf(c)}`);
    let claims: Awaited<ReturnType<typeof provider.finish>>;
    try {
      claims = await provider.finish(response, transaction);
    } catch (error) {
      annotate(c, { warning: `sign-in failed: ${describe(error)}` });
      return refuse(c, 403, "The identity provider did not sign you in.");
    }
    const jid = jidOfClaims(claims, issuer, options.host);
    if (jid === undefined) {
      return refuse(c, 403, "Your account at the identity provider is not one for this chat.");
    }
    // Logout tokens of the provider name the user by these.
    await Promise.all(linksOf(issuer, claims).map((link) => store?.feed?.link(link, jid)));
    setCookie(c, await sessions.begin(jid, grantOf(claims)));
    annotate(c, { ok: true, jid });
    return c.redirect(transaction.returnTo);
  });

  signOut.get("/", async (c) => {
    annotate(c, { op: "sign-out" });
    if (!isFromOwnPage(c, origin)) {
      const link = { href: `${prefix.replace(/\/$/, "")}/sign-out`, text: "Sign out" };
      return noticePage(c, 200, { title: "Sign out?", text: "You are about to sign out.", link });
    }
    setCookie(c, await sessions.end(c));
    annotate(c, { ok: true });
    const done = `${base}/sign-out/done`;
    return c.redirect((await provider.endSessionUrl(done).catch(() => undefined)) ?? done);
  });

  signOut.get("/done", (c) => {
    const link = { href: `${base}/sign-in`, text: "Sign in again" };
    return noticePage(c, 200, { title: "Signed out", text: "You are signed out.", link });
  });

  return {
    routes: new Hono<RequestLogEnv>().route("/sign-in", signIn).route("/sign-out", signOut),
    issuer,
    user: async (c) => (isFromOwnPage(c, origin) ? (await sessions.read(c))?.jid : undefined),
    visitor: async (c) => (await visit(c))?.jid,
    grant: async (c) => (await visit(c))?.grant,
    signInUrl: (c) =>
      `${base}/sign-in?return=${encodeURIComponent(prefix.replace(/\/$/, "") + c.req.path + queryOf(c))}`,
  };

  async function visit(c: Context): Promise<Session | undefined> {
    return isNavigation(c) || isFromOwnPage(c, origin) ? sessions.read(c) : undefined;
  }

  /** Whether the state of a sign-in comes back for the first time. */
  function useOnce(state: string): boolean {
    const now = currentTime();
    for (const [old, until] of usedStates) {
      if (until >= now) break;
      usedStates.delete(old);
    }
    if (usedStates.has(state)) return false;
    usedStates.set(state, now + transactionSeconds);
    return true;
  }

  function refuse(
    c: Context<RequestLogEnv>,
    status: 403 | 503,
    text: string,
  ): Response | Promise<Response> {
    annotate(c, { ok: false, reason: status === 403 ? "unauthorized" : "unavailable" });
    const link = { href: `${base}/sign-in`, text: "Sign in" };
    return noticePage(c, status, { title: "Not signed in", text, link });
  }
}

/** What an error says, without what a provider answered: it may have a token in it. */
function describe(error: unknown): string {
  const { message, code, cause } = error as Error & { code?: unknown };
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return `${message}${typeof code === "string" ? ` (${code})` : ""}${why}`.slice(0, 300);
}

function queryOf(c: Context): string {
  return /\?[^#]*/.exec(c.req.url)?.[0] ?? "";
}

function setCookie(c: Context, cookie: string): void {
  c.header("set-cookie", cookie, { append: true });
}
