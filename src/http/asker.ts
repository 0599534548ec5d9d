import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { Keyring } from "../keyring/index.ts";
import { Policies } from "../policy/index.ts";
import type { Decision, Trust } from "../verify/index.ts";
import { authorization } from "./authorization.ts";
import { hostsOf, identify } from "./identify.ts";
import type { Limiter } from "./limiter.ts";
import { Problem } from "./problem.ts";
import { isAmong, type Secret } from "./secret.ts";

/** Who may ask, and with what credentials are minted. */
export interface AskerOptions extends Trust {
  /** Tells who is signed in at the app: a bare JID, or nobody. */
  user?: (c: Context) => string | undefined | Promise<string | undefined>;
  /** What app servers show, who may ask for anybody. */
  apiKeys?: readonly Secret[];
  /** How often a user may ask, and somebody who is refused. @defaultValue 60 times a minute */
  limiter?: Limiter;
}

/**
 * Whom to mint for: an app server says, with an API key; the user of the app's session, or of an
 * issuer's token, asks for himself.
 *
 * @param named - the `username` of the request
 * @param key - the `key` of the request, where an API key may stand as well
 * @throws {@link Problem}
 */
export async function askerOf(
  c: Context,
  options: AskerOptions & { limiter: Limiter },
  named: string | undefined,
  key: string | undefined,
): Promise<string | undefined> {
  const session = await options.user?.(c);
  if (session) return self(session);
  const given = authorization(c);
  const bearer = given?.scheme === "bearer" ? given.secret : undefined;
  if (isAmong(key ?? bearer ?? "", options.apiKeys ?? [])) return named;
  const decision =
    bearer === undefined
      ? undefined
      : await identify(bearer, visitors(bearer, options), hostIn(named));
  if (decision?.ok) return self(`${decision.user}@${decision.host}`);
  // Only of who is refused: nobody else is kept out by it, though all come through one proxy.
  slowDown(options.limiter, `address ${addressOf(c)}`);
  throw refusal(decision);

  function self(jid: string): string {
    slowDown(options.limiter, `user ${jid}`);
    if (named === undefined || named === jid) return jid;
    throw new Problem("forbidden", "the username must be your own, or be left out");
  }
}

/**
 * Whom to believe about who somebody is: issuers alone, or a credential could be used to get the
 * next. What holds for the credentials of the hosts does not for their tokens.
 */
function visitors(token: string, { keyring, policies = new Policies(), store }: Trust): Trust {
  const hosts = hostsOf(token, keyring).flatMap((host) => {
    const leeway = policies.of(host)?.leeway;
    return leeway === undefined
      ? []
      : [[host, { leeway, maxTtl: Number.POSITIVE_INFINITY }] as const];
  });
  return {
    keyring: new Keyring([], keyring.issuers),
    policies: new Policies(Object.fromEntries(hosts)),
    ...(store && { store }),
  };
}

function hostIn(named: string | undefined): string | undefined {
  return named === undefined ? undefined : /@([^@]+)$/.exec(named)?.[1];
}

function refusal(decision: (Decision & { ok: false }) | undefined): Problem {
  if (!decision) {
    const detail = "sign in, or show an API key or a token in Authorization: Bearer";
    return new Problem("unauthorized", detail, { "www-authenticate": "Bearer" });
  }
  const { reason } = decision;
  return reason === "store-unavailable"
    ? new Problem("unavailable", "the token cannot be checked now")
    : new Problem("unauthorized", `the token is refused: ${reason}`, {
        "www-authenticate": 'Bearer error="invalid_token"',
      });
}

function slowDown(limiter: Limiter, caller: string): void {
  const wait = limiter.take(caller);
  if (wait === 0) return;
  throw new Problem("too-many-requests", `try again in ${wait} s`, { "retry-after": String(wait) });
}

/** Where a request comes from, under Node. */
function addressOf(c: Context): string | undefined {
  return c.env?.incoming ? getConnInfo(c).remote.address : undefined;
}
