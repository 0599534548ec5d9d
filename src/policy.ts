import { type Format, formats, hostToWrite } from "./credential/index.ts";
import { MayflyError } from "./error.ts";

/** The longest leeway, in seconds. */
export const maxLeeway = 60;

/** What a host demands of credentials. Durations are in seconds. */
export interface Policy {
  /** The lifetime of a minted credential when the request names none. */
  ttl: number;
  /** The longest remaining lifetime that is accepted. */
  maxTtl: number;
  /** How long after its expiry a credential is still accepted, for clocks that differ; 0 to 60. */
  leeway: number;
  /** The accepted formats. */
  formats: readonly Format[];
  /** Whether the MAC must cover the host. Without it one credential opens every host that does not ask for it. */
  hostBound: boolean;
  /**
   * Whether a server may ask for the MACs of a username, which SCRAM needs. A server that may ask can
   * log in as any user.
   */
  scram: boolean;
  /** Whether a credential is accepted once only. Needs a store. */
  singleUse: boolean;
  /**
   * How `isuser` is answered. Servers ask it before they store a message for an offline user:
   * yes for `any`, no for `none`, by earlier logins for `seen` (needs a store), or by a function.
   */
  users: "any" | "none" | "seen" | ((user: string, host: string) => Promise<boolean>);
}

/** The policy of a host without settings of its own. */
export const defaultPolicy: Readonly<Policy> = {
  ttl: 3600,
  maxTtl: 86_400,
  leeway: 0,
  formats,
  hostBound: true,
  scram: false,
  singleUse: false,
  users: "any",
};

/**
 * The policies of the hosts. Without a list every host is served with the defaults; with one only the
 * listed hosts are, and `*` covers the rest.
 *
 * @throws {@link MayflyError} `ERR_HOST` for a host that is not in its prepared form, such as `Example.com`
 */
export class Policies {
  readonly #hosts: ReadonlyMap<string, Readonly<Policy>>;

  constructor(hosts: Readonly<Record<string, Partial<Policy>>> = { "*": {} }) {
    for (const host of Object.keys(hosts)) {
      const right = host === "*" ? undefined : hostToWrite(host);
      if (right) throw new MayflyError("ERR_HOST", `the host ${host} must be written ${right}`);
    }
    this.#hosts = new Map(
      Object.entries(hosts).map(([host, policy]) => [host, { ...defaultPolicy, ...policy }]),
    );
  }

  /** The policy of a host, or `undefined` when it is not served. */
  forHost(host: string): Readonly<Policy> | undefined {
    return this.#hosts.get(host) ?? this.#hosts.get("*");
  }
}
