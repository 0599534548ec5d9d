import { flipBit } from "./bit-flips.ts";

/** What is presented to SIP and TURN. */
export interface Presented {
  username: string;
  password: string;
}

/** A credential changed in one of its parts, by that part's name. */
export function tampered({ username, password }: Presented): Record<string, Presented> {
  const colon = username.indexOf(":");
  const later = Number(username.slice(0, colon)) + 1;
  return {
    expiry: { username: `${later}${username.slice(colon)}`, password },
    id: { username: flipBit(username, colon + 1), password },
    mac: { username, password: flipBit(password, 0) },
  };
}
