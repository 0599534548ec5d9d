import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import type { Context } from "hono";
import { createBlockList, isAmong } from "./trusted-header.ts";

/**
 * Creates a function that tells where a request comes from, for rate limits: an IPv4 address, or the first
 * 64 bits of an IPv6 address, as one customer has at least that many.
 *
 * @param proxies - addresses or networks whose `X-Forwarded-For` is believed. The last address in it that is
 * no proxy is the client's; what stands before it, the client may have written itself
 */
export function clientNetwork(proxies: readonly string[]): (c: Context) => string | undefined {
  const trusted = createBlockList(proxies);
  return (c) => {
    const incoming: IncomingMessage | undefined = c.env?.incoming;
    let address = incoming?.socket.remoteAddress;
    const forwarded = (c.req.header("x-forwarded-for") ?? "").split(",").map((it) => it.trim());
    while (isAmong(address, trusted) && forwarded.length > 0) {
      address = forwarded.pop()?.replace(/^\[(.*)\](:\d+)?$/, "$1") || address;
    }
    return address === undefined ? undefined : networkOf(address);
  };
}

function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === "" ? [] : tail.split(":");
  const filled = plain.includes("::")
    ? [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill("0"), ...rest]
    : groups;
  return filled
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
