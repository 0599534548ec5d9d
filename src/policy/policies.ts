import { type Format, formats } from "../credential/index.ts";

/** What a host asks of credentials. Durations are in seconds. */
export interface Policy {
  /** How long a minted credential lives unless told otherwise. */
  ttl: number;
  /** The longest that a credential may still have to live. */
  maxTtl: number;
  /** How long after its end a credential is still good, for clocks that differ; at most 60. */
  leeway: number;
  /** The formats of the credentials that are accepted. */
  formats: readonly Format[];
  /** Whether the host must stand under the MAC; without it one credential opens every such host. */
  hostBound: boolean;
  /** Whether a credential is good for one login only. Needs a store. */
  singleUse: boolean;
  /**
   * Who exists, for messages to who is not online: everybody, nobody, who has logged in before
   * (needs a store), or whom a function says.
   */
  users: "any" | "none" | "seen" | ((user: string, host: string) => Promise<boolean>);
}

/** The policy of a host that nothing is said about. */
export const defaultPolicy: Readonly<Policy> = {
  ttl: 3600,
  maxTtl: 86_400,
  leeway: 0,
  formats,
  hostBound: true,
  singleUse: false,
  users: "any",
};

/**
 * The policies of the hosts. Without any host named, each is served with the defaults; otherwise
 * only those named are, with `*` for the rest.
 */
export class Policies {
  readonly #hosts: ReadonlyMap<string, Readonly<Policy>>;

  constructor(hosts: Readonly<Record<string, Partial<Policy>>> = { "*": {} }) {
    this.#hosts = new Map(
      Object.entries(hosts).map(([host, policy]) => [host, { ...defaultPolicy, ...policy }]),
    );
  }

  /** The policy of a host, or `undefined` when it is not served. */
  of(host: string): Readonly<Policy> | undefined {
    return this.#hosts.get(host) ?? this.#hosts.get("*");
  }
}
