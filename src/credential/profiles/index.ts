import type { Profile } from "./claims.ts";
import { jitsiProfile } from "./jitsi.ts";
import { opentokProfile } from "./opentok.ts";
import { xmppProfile } from "./xmpp.ts";

/** The names of the profiles of JWTs. */
export const profileNames = ["xmpp", "opentok", "jitsi"] as const;

/** One of {@link profileNames}. */
export type ProfileName = (typeof profileNames)[number];

/** Each profile by its name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  xmpp: xmppProfile,
  opentok: opentokProfile,
  jitsi: jitsiProfile,
};
