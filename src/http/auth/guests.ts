import type { Service } from "../../credential/index.ts";
import { Problem } from "../problem.ts";

/** What each guest's localpart begins with. Over HTTP nobody else of the guests' host gets such a name. */
export const guestPrefix = "guest-";

/** Who may log in without an account, and for how long. Times are in seconds. */
export interface Guests {
  /** The XMPP host of the guests. */
  host: string;
  /** Lifetime of a credential. @defaultValue 600 */
  ttl?: number;
  /** How long a browser keeps its guest's name after the last credential. @defaultValue 86400 */
  remember?: number;
  /** New guests per minute from one address, or one IPv6 network of 64 bits. @defaultValue 10 */
  perMinute?: number;
  /** Services that guests get credentials for. @defaultValue `xmpp` alone */
  services?: readonly Service[];
  /**
   * Addresses or networks of reverse proxies, whose `X-Forwarded-For` tells the address of a guest.
   * @defaultValue none: all who come through one proxy share its limit
   */
  proxies?: readonly string[];
}

/**
 * Refuses an id that is a guest's: only `/guest` mints for those, for the browser that has the cookie.
 *
 * @throws {@link Problem} `forbidden`
 */
export function assertNoGuest(id: string | undefined, guests: Guests | undefined): void {
  if (guests === undefined || !id?.startsWith(guestPrefix) || !id.endsWith(`@${guests.host}`))
    return;
  throw new Problem("forbidden", `localparts that begin with ${guestPrefix} are for guests`);
}
