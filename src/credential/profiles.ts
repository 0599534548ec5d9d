import { jitsiProfile } from "./jitsi-profile.ts";
import { opentokProfile } from "./opentok-profile.ts";
import type { Profile } from "./profile.ts";
import { xmppProfile } from "./xmpp-profile.ts";

/** The profiles of JWTs. */
export const profileNames = ["xmpp", "opentok", "jitsi"] as const;

/** One of {@link profileNames}. */
export type ProfileName = (typeof profileNames)[number];

/** Each profile by its name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  xmpp: xmppProfile,
  opentok: opentokProfile,
  jitsi: jitsiProfile,
};
