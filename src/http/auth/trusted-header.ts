import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Context } from "hono";
import { type NamedUser, prepareHost } from "../../credential/index.ts";
import { Problem } from "../problem.ts";
import { annotate } from "../request-log.ts";

/** A header in which a reverse proxy names the user that it has signed in. */
export interface TrustedHeader {
  /** Name of the header, such as `Remote-User`. */
  name: string;
  /** Addresses of the proxies, alone or as networks: `127.0.0.1`, `10.0.0.0/8`, `::1`. */
  proxies: readonly string[];
  /** XMPP host of the users. */
  host: string;
  /**
   * Domains of the addresses that the header has, in their prepared form; then the localpart is what stands
   * before the `@`. Without them the whole value is the user's name, and `alice@corp.com` is
   * `alice\40corp.com`.
   */
  domains?: readonly string[];
}

/**
 * Creates a function that reads the signed-in user from the header; `undefined` where no header was sent.
 *
 * It refuses a request that another peer than a proxy sent the header with; that has the header twice, with
 * a comma in its value, or with another spelling of its name, such as `Remote_User`: a proxy that removes one
 * spelling may let the other pass.
 */
export function readTrustedHeader({
  name,
  proxies,
  host,
  domains,
}: TrustedHeader): (c: Context) => NamedUser | undefined {
  const trusted = createBlockList(proxies);
  const spelling = foldName(name);

  return (c) => {
    const incoming: IncomingMessage | undefined = c.env?.incoming;
    const found = sentHeaders(c).filter((header) => foldName(header.name) === spelling);
    if (found.length === 0) return undefined;

    const peer = incoming?.socket.remoteAddress;
    if (!isAmong(peer, trusted)) {
      const from = `${name} was sent from ${peer ?? "an unknown address"}`;
      throw refusal(c, `${from}, which is none of http.trusted_header.proxies`);
    }
    const problem = problemIn(found);
    if (problem !== undefined) throw refusal(c, `${name} ${problem}`);
    const user = decodeValue(found[0]?.value ?? "");
    if (!user) return undefined;
    return domains ? namedBeforeAt(c, user) : { name: user, host };
  };

  /** Why these headers name no user for certain. */
  function problemIn([header, ...others]: RawHeader[]): string | undefined {
    const { name: written = "", value = "" } = header ?? {};
    const isOther = (it: string) => it.toLowerCase() !== name.toLowerCase();
    if (isOther(written) || others.some((it) => isOther(it.name))) {
      return "was sent in another spelling";
    }
    if (others.length > 0) return "was sent twice";
    if (value.includes(",")) return "has a comma in its value";
    const user = decodeValue(value);
    if (user === undefined) return "has a value that is not UTF-8";
    return unfilled.test(user) ? "has a placeholder that the proxy did not fill" : undefined;
  }

  function namedBeforeAt(c: Context, address: string): NamedUser {
    const at = address.lastIndexOf("@");
    if (at > 0 && domains?.includes(prepareDomain(address.slice(at + 1)))) {
      return { name: address.slice(0, at), host };
    }
    throw refusal(c, `${name} has no address in one of http.trusted_header.domains`);
  }
}

/** What Caddy and Apache send where they have no value: `{http.reverse_proxy.header.remote-user}`, `(null)`. */
const unfilled = /^(\{.*\}|\(null\))$/;

interface RawHeader {
  name: string;
  value: string;
}

/** The headers as they were sent: Node joins those that are sent twice, or drops one of them. */
function sentHeaders(c: Context): RawHeader[] {
  const incoming: IncomingMessage | undefined = c.env?.incoming;
  if (!incoming) return [...c.req.raw.headers].map(([name, value]) => ({ name, value }));
  const { rawHeaders } = incoming;
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [{ name, value: rawHeaders[index + 1] ?? "" }] : [],
  );
}

/** The name without what spellings differ in, as gateways map them: `Remote_User` is `remote-user`. */
function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}

/** Decodes a value from UTF-8, of which Node shows each byte as a character. */
function decodeValue(value: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1")).trim();
  } catch {
    return undefined;
  }
}

function prepareDomain(domain: string): string {
  try {
    return prepareHost(domain);
  } catch {
    return "";
  }
}

/** The addresses and networks of a list. */
export function createBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Whether an address is in a list. */
export function isAmong(address: string | undefined, list: BlockList): boolean {
  // The address of a link has its interface behind it: fe80::1%eth0.
  const plain = address?.replace(/%.*$/, "") ?? "";
  return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** Refuses the request, and warns in the log: a proxy is set up wrongly, or a client tries to be another user. */
function refusal(c: Context, problem: string): Problem {
  annotate(c, { warning: problem });
  return new Problem("forbidden", problem);
}
