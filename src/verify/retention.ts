import { maxLeeway } from "../policy.ts";

/**
 * When the store may drop what it knows of a credential that expires at `expires`, in Unix seconds:
 * once no leeway, today's or the longest that one can be set to, makes the credential good again.
 */
export function retainUntil(expires: number, leeway = 0): number {
  return Math.ceil(expires) + Math.max(leeway, maxLeeway) + 1;
}
