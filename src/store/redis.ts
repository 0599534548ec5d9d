import { createClient } from "@redis/client";
import { MayflyError } from "../error.ts";
import { Ledger } from "./ledger.ts";
import type { Entry, Session } from "./session.ts";

type Client = ReturnType<typeof createClient>;

/** How long a call may take, in milliseconds. */
const patience = 2000;

/**
 * How much longer than it counts Redis keeps an entry, in seconds: whether it counts is judged by
 * the clock of who asks, and that of Redis may be ahead.
 */
const slack = 60;

const prefix = "mayfly:";

/** `merge` of session.ts, where no other client can come between. */
const keepScript = `
local at, till = tonumber(ARGV[1]), tonumber(ARGV[2])
local old = redis.call("GET", KEYS[1])
if old then
  local oldAt, oldTill = string.match(old, "^(%d+) (%d+)$")
  at, till = math.max(at, tonumber(oldAt)), math.max(till, tonumber(oldTill))
end
local text = string.format("%.0f %.0f", at, till)
redis.call("SET", KEYS[1], text, "EXAT", string.format("%.0f", till + tonumber(ARGV[3])))
`;

/**
 * A store in Redis (6.2 or newer) or Valkey, shared by many machines.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for a URL that cannot be used.
 */
export function redisStore(url: string): Ledger {
  const { name, secret } = judge(url);
  return new Ledger({ name, connect: () => new RedisSession(url, secret), patience });
}

class RedisSession implements Session {
  readonly #secret: string;
  readonly #connected: Promise<Client>;
  #client: Client | undefined;
  #ended = false;

  constructor(url: string, secret: string) {
    this.#secret = secret;
    this.#connected = this.#connect(url);
    this.#connected.catch(() => {}); // every call tells
  }

  get alive(): boolean {
    return !this.#ended && (this.#client?.isOpen ?? true);
  }

  async read(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    const texts = await this.#run((client) => client.mGet(keys.map((key) => prefix + key)));
    return texts.map((text) => (text === null ? undefined : parse(text)));
  }

  async keep(key: string, { at, until }: Entry): Promise<void> {
    const options = { keys: [prefix + key], arguments: [at, until, slack].map(String) };
    await this.#run((client) => client.eval(keepScript, options));
  }

  async claim(key: string, { at, until }: Entry): Promise<boolean> {
    const expiration = { type: "EXAT" as const, value: until + slack };
    const done = await this.#run((client) =>
      client.set(prefix + key, `${at} ${until}`, { condition: "NX", expiration }),
    );
    return done === "OK";
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#client?.destroy();
  }

  async #connect(url: string): Promise<Client> {
    const client = createClient({
      url,
      socket: { connectTimeout: patience, reconnectStrategy: false }, // the ledger connects anew
      disableOfflineQueue: true,
      maintNotifications: "disabled",
    });
    client.on("error", () => {}); // what waits is rejected with it
    client.unref();
    const connected = client.connect();
    this.#client = client as Client;
    await connected;
    if (this.#ended) client.destroy();
    return this.#client;
  }

  async #run<T>(command: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await command(await this.#connected);
    } catch (error) {
      throw censor(error as Error, this.#secret);
    }
  }
}

function parse(text: string): Entry {
  const [at, until] = text.split(" ").map(Number);
  return { at: at as number, until: until as number };
}

/** The URL without what is secret in it, and the secret. */
function judge(url: string): { name: string; secret: string } {
  try {
    const { protocol, host, pathname, search, hash, username, password } = new URL(url);
    decodeURIComponent(username);
    if (host && /^\/?\d*$/.test(pathname) && search === "" && hash === "") {
      return { name: `${protocol}//${host}${pathname}`, secret: decodeURIComponent(password) };
    }
  } catch {
    // Its message has the URL, and so the password.
  }
  throw new MayflyError(
    "ERR_CONFIG",
    "must be redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS",
  );
}

/** A server may repeat what it does not understand, an `AUTH` for example. */
function censor(error: Error, secret: string): Error {
  if (secret === "" || !error.message.includes(secret)) return error;
  return new Error(error.message.replaceAll(secret, "***"));
}
