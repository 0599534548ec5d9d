import { isWebAddress, type JitsiContext, type Json } from "../../credential/index.ts";
import type { MintRequest } from "../../mint/index.ts";

/** What a token for Jitsi says of its user, and what they may do: see `mint`. */
export type JitsiGrant = Pick<MintRequest, "context" | "moderator">;

/** A condition on a claim: it is one of these values, or a list that holds one of them. */
export interface ClaimRule {
  /** Name of the claim, or a path to it, such as `realm_access.roles`. */
  claim: string;
  has: readonly (string | number | boolean)[];
}

/** Which claims of an issuer's token a token for Jitsi is made from. */
export interface JitsiClaimRules {
  /** Name of the claim with the name to show, such as `name`; the others likewise. */
  name?: string;
  /** Ignored if the issuer says `email_verified: false`. */
  email?: string;
  avatar?: string;
  group?: string;
  moderator?: ClaimRule;
  features?: Readonly<Record<string, ClaimRule>>;
}

/**
 * What the claims of an issuer's token grant by these rules. A claim that is missing, or no text, is left
 * out; a condition on one is not met.
 */
export function grantFromClaims(rules: JitsiClaimRules, claims: Json): JitsiGrant {
  const text = (claim = "") => textOf(at(claims, claim));
  const email = claims.email_verified === false ? undefined : text(rules.email);
  const [name, avatar, group] = [text(rules.name), text(rules.avatar), text(rules.group)];
  const moderator = rules.moderator && isMet(rules.moderator, claims);
  const context: JitsiContext = {
    user: {
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(avatar !== undefined && isWebAddress(avatar) && { avatar }),
      ...(moderator !== undefined && { moderator }),
    },
    ...(group !== undefined && { group }),
    ...(rules.features && {
      features: Object.fromEntries(
        Object.entries(rules.features).map(([feature, rule]) => [feature, isMet(rule, claims)]),
      ),
    }),
  };
  return { context, ...(moderator !== undefined && { moderator }) };
}

function isMet({ claim, has }: ClaimRule, claims: Json): boolean {
  const values = [at(claims, claim)].flat();
  return values.some((value) => has.some((wanted) => wanted === value));
}

/** The claim of this name or, where there is none, at this path. */
function at(claims: Json, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Json)[name];
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= 512 ? value : undefined;
}
