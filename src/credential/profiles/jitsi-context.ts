import { MayflyError } from "../../error.ts";
import type { Json } from "../jws.ts";

/** The affiliations that Jitsi's `token_affiliation` knows; all but `member` make an owner of the room. */
export const jitsiAffiliations = ["owner", "moderator", "teacher", "member"] as const;

/** What a `jitsi` token says of its user, and what they may do. */
export interface JitsiContext {
  user?: {
    /** The name to show. @defaultValue the localpart */
    name?: string;
    email?: string;
    /** The URL of a picture. */
    avatar?: string;
    moderator?: boolean;
    affiliation?: (typeof jitsiAffiliations)[number];
  };
  /** What the user may use, by Jitsi's name for it, such as `recording` or `livestreaming`. */
  features?: Readonly<Record<string, boolean>>;
  /** The group of the user, such as a company or a class. */
  group?: string;
}

const texts = ["name", "email", "group"] as const;
const longestText = 512;

/**
 * The `context` claim. Yes and no are written as text: Prosody's `presence_identity` takes no other values of
 * a user, and 8x8's JaaS documents no others.
 *
 * @param id - the user's bare JID
 * @throws {@link MayflyError} `ERR_REQUEST` for what is no context
 * @see {@link https://github.com/jitsi/lib-jitsi-meet/blob/master/doc/tokens.md}
 * @see {@link https://developer.8x8.com/jaas/docs/api-keys-jwt}
 */
export function jitsiContext(id: string, localpart: string, context: JitsiContext): Json {
  const { user = {}, features, group } = context;
  const { name = localpart, email, avatar, moderator, affiliation } = user;
  const given: Json = { name, email, avatar, group };
  for (const member of texts) assertText(member, given[member]);
  if (avatar !== undefined && !isWebAddress(avatar)) {
    throw problem("user.avatar must be the https: or http: URL of a picture");
  }
  if (affiliation !== undefined && !jitsiAffiliations.includes(affiliation)) {
    throw problem(`user.affiliation must be one of ${jitsiAffiliations.join(", ")}`);
  }
  return {
    user: {
      id,
      name,
      ...(email !== undefined && { email }),
      ...(avatar !== undefined && { avatar }),
      ...(moderator !== undefined && { moderator: yesOrNo("user.moderator", moderator) }),
      ...(affiliation !== undefined && { affiliation }),
    },
    ...(features !== undefined && { features: textOfFeatures(features) }),
    ...(group !== undefined && { group }),
  };
}

function textOfFeatures(features: Readonly<Record<string, boolean>>): Json {
  return Object.fromEntries(
    Object.entries(features).map(([name, value]) => {
      if (!/^[a-z][\w-]*$/i.test(name)) throw problem("features must have names such as recording");
      return [name, yesOrNo(`features.${name}`, value)];
    }),
  );
}

function yesOrNo(member: string, value: boolean): string {
  if (typeof value === "boolean") return String(value);
  throw problem(`${member} must be true or false`);
}

function assertText(member: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "string" && value !== "" && value.length <= longestText) return;
  const where = member === "group" ? member : `user.${member}`;
  throw problem(`${where} must be text of at most ${longestText} characters`);
}

/** Whether text is the URL of a web page or a picture. */
export function isWebAddress(value: string): boolean {
  return /^https?:\/\/\S{1,2000}$/.test(value) && URL.canParse(value);
}

function problem(what: string): MayflyError {
  return new MayflyError("ERR_REQUEST", `the context of a jitsi token: ${what}`);
}
