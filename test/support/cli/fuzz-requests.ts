import { createHmac } from "node:crypto";
import type { KeyInput } from "../../../src/keyring/index.ts";
import { hmacToken } from "../data/jwt.ts";
import type { Random } from "../data/random.ts";

/** A request, and what its answer must be, in hex. */
export interface Expectation {
  payload: Buffer;
  reply: string;
}

const yes = "0001";
const no = "0000";
const over = "0002"; // which only `check` hears

const macs = { id: "north", secret: "the secret of the fuzzed credentials" };
const tokens = {
  id: "jwt",
  secret: "the secret of the fuzzed tokens",
  algorithm: "HS256",
} as const;

/** What the program is told that answers {@link Requests}. */
export const fuzzedConfig: { keys: KeyInput[]; hosts: Record<string, object> } = {
  keys: [macs, tokens],
  hosts: {
    "example.org": { max_ttl: "36500d", users: "none" },
    "bücher.example": { max_ttl: "36500d", users: "none" },
    "open.example": { users: "any" },
  },
};

interface Login {
  user: string;
  host: string;
  password: string;
  /** Whether the password says who it is for. */
  isNamed: boolean;
}

const identities = ["alice", "bob", "a.b-c_d+e=f", "jürgen"].flatMap((user) =>
  ["example.org", "bücher.example"].map((host) => ({ user, host })),
);

/** The credentials of everybody, inline most often: it is what most have, and a JWT takes longest. */
function loginsUntil(expires: number): Login[] {
  return identities.flatMap(({ user, host }) => {
    const jid = `${user}@${host}`;
    const mac = createHmac("sha1", macs.secret).update(`${expires}:${jid}`).digest("base64");
    const times = { iat: Math.min(expires, 1_700_000_000) - 60, exp: expires };
    const claims = { sub: jid, jid, aud: host, ...times, jti: jid, scope: "sasl_auth" };
    const token = hmacToken(tokens.secret, { alg: "HS256", kid: tokens.id }, claims);
    const inline = { user, host, password: `${expires}:${mac}`, isNamed: false };
    const named = { user, host, password: `${expires}:${jid}:${mac}`, isNamed: true };
    return [inline, inline, inline, named, named, { user, host, password: token, isNamed: true }];
  });
}

/** What can be asked about a login, with the answer to `auth` and to `check`. */
function asked({ user, host, password, isNamed }: Login, toAuth: string, toCheck: string) {
  const users = isNamed ? [user, ""] : [user];
  return [
    { payload: Buffer.from(`auth:${user}:${host}:${password}`), reply: toAuth },
    ...users.map((shown) => ({
      payload: Buffer.from(`check:${shown}:${host}:${password}`),
      reply: toCheck,
    })),
  ];
}

/** When the good ones expire: fixed, so that a seed repeats every byte. */
export const future = 4_102_444_800;
const logins = loginsUntil(future);
const expiredLogins = loginsUntil(1_000_000_000);
const good: Expectation[] = logins.flatMap((login) =>
  asked(login, yes, yes + Buffer.from(`${future}:${login.user}`).toString("hex")),
);
const expired: Expectation[] = expiredLogins.flatMap((login) => asked(login, no, over));
const replies = new Map(good.map(({ payload, reply }) => [payload.toString("latin1"), reply]));

/** What is asked where no more matters than that the answer is yes. */
export const ping: Expectation = { payload: Buffer.from("isuser:alice:open.example"), reply: yes };

/** What only a secret can make: nobody may read it in a log. */
export const signatures: string[] = [
  ...new Set([...logins, ...expiredLogins].map(({ password }) => password.slice(-27))),
];

const operations = [
  "auth",
  "isuser",
  "setpass",
  "tryregister",
  "removeuser",
  "removeuser3",
  "certauth",
];
const others = ["check", "login", "AUTH", "auth ", "", "\0", "authauth"];
const fields = ["", "alice", "bob", "example.org", "bücher.example", "evil.example", "\0", "\n"];
const stowaways = ["\0", "\n", "\r\n", " ", "\t", ":", "=", "@", "/", "\ufeff", "\u200b", "\u0301"];

/** Makes requests without end: good ones, good ones with a fault, and nonsense. */
export class Requests {
  readonly #random: Random;
  readonly #kinds: (() => Expectation)[];

  constructor(random: Random) {
    this.#random = random;
    const kinds: [weight: number, () => Expectation][] = [
      [25, () => this.good()],
      [5, () => random.pick(expired)],
      [5, () => ping],
      [40, () => this.#faulty()],
      [10, () => this.#borrowed()],
      [10, () => this.#fields()],
      [10, () => ({ payload: random.bytes(this.#length()), reply: no })],
    ];
    this.#kinds = kinds.flatMap(([weight, kind]) => new Array(weight).fill(kind));
  }

  next(): Expectation {
    return this.#random.pick(this.#kinds)();
  }

  /** A request that must be answered with yes. */
  good(): Expectation {
    return this.#random.pick(good);
  }

  /** A good request, changed in one to three places. */
  #faulty(): Expectation {
    let { payload } = this.good();
    for (let left = 1 + this.#random.below(3); left > 0; left--) payload = this.#spoil(payload);
    return { payload, reply: replies.get(payload.toString("latin1")) ?? no };
  }

  #spoil(bytes: Buffer): Buffer {
    const random = this.#random;
    const at = random.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + 1 + random.below(8));
    const [before, cut, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, to),
      bytes.subarray(to),
    ];
    switch (random.below(8)) {
      case 0: // one bit of one byte
        return Buffer.concat([
          before,
          cut.map((byte, i) => (i ? byte : byte ^ (1 << random.below(8)))),
          after,
        ]);
      case 1: // lost
        return Buffer.concat([before, after]);
      case 2: // doubled
        return Buffer.concat([before, cut, cut, after]);
      case 3: // turned around
        return Buffer.concat([before, Buffer.from(cut).reverse(), after]);
      case 4: // broken off
        return before;
      case 5: // the end of another
        return Buffer.concat([before, this.good().payload.subarray(at)]);
      case 6: // in capitals
        return Buffer.concat([
          before,
          Buffer.from(cut.toString("latin1").toUpperCase(), "latin1"),
          after,
        ]);
      default: {
        // something more, often at a field's edge
        const colon = bytes.indexOf(":", at) + random.below(2);
        const edge = random.below(2) ? colon : at;
        const more = Buffer.from(random.pick(stowaways));
        return Buffer.concat([bytes.subarray(0, edge), more, bytes.subarray(edge)]);
      }
    }
  }

  /** A good password with another operation, user or host. */
  #borrowed(): Expectation {
    const { user, host, password } = this.#random.pick(logins);
    const request = this.#random.pick([
      `${this.#random.pick(operations.slice(1))}:${user}:${host}:${password}`,
      `auth:${this.#random.pick(logins).user}:${host}:${password}`,
      `auth:${user}:${this.#random.pick(logins).host}:${password}`,
      `auth:${user}:open.example:${password}`,
      `auth:${user}@${host}:${host}:${password}`,
    ]);
    const payload = Buffer.from(request);
    return { payload, reply: replies.get(payload.toString("latin1")) ?? no };
  }

  /** Any number of fields, of any kind. */
  #fields(): Expectation {
    const random = this.#random;
    const op = random.pick([...operations, ...others]);
    const rest = Array.from({ length: random.below(6) }, () =>
      random.below(2) ? Buffer.from(random.pick(fields)) : random.bytes(random.below(40)),
    );
    const parts = rest.flatMap((field) => [Buffer.from(":"), field]);
    return { payload: Buffer.concat([Buffer.from(op), ...parts]), reply: no };
  }

  #length(): number {
    const random = this.#random;
    return random.pick([
      0,
      1,
      2,
      3,
      16,
      64,
      256,
      random.below(64) ? 5 : random.pick([8192, 65_535]),
    ]);
  }
}
