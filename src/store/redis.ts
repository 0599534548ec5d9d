import { randomBytes } from "node:crypto";
import { createClient } from "@redis/client";
import { MayflyError } from "../error.ts";
import { currentTime } from "../time.ts";
import {
  complete,
  type Entry,
  type LogPage,
  type LogPlace,
  type LogRecord,
  type Member,
  type StoreConnection,
} from "./connection.ts";
import { ResilientStore } from "./resilient-store.ts";

type Client = ReturnType<typeof createClient>;

/** The longest that a call may take, in milliseconds. */
const timeoutMs = 2000;

/**
 * How much longer than an entry counts Redis keeps it, in seconds: its clock may be ahead of the
 * caller's, which decides.
 */
const clockSkewSeconds = 60;

const prefix = "mayfly:";

/**
 * `merge` of connection.ts as a script, which Redis runs atomically. An entry is
 * `AT UNTIL EXPIRESBY`; earlier versions wrote the first two.
 */
const keepScript = `
local at, till, expiresBy = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local old = redis.call("GET", KEYS[1])
if old then
  local oldAt, oldTill, oldExpiresBy = string.match(old, "^(%d+) (%d+) ?(%d*)$")
  at, till = math.max(at, tonumber(oldAt)), math.max(till, tonumber(oldTill))
  expiresBy = math.max(expiresBy, tonumber(oldExpiresBy) or tonumber(oldTill))
end
local text = string.format("%.0f %.0f %.0f", at, till, expiresBy)
redis.call("SET", KEYS[1], text, "EXAT", string.format("%.0f", till + tonumber(ARGV[4])))
`;

const logKey = `${prefix}log`;
const logNameKey = `${prefix}log:name`;

/**
 * Appends a record to the stream of the log, which keeps those that are younger than it says, and does
 * the same as `keepScript` where there is a third key.
 */
const appendScript = `
if KEYS[3] then
  local KEYS, ARGV = { KEYS[3] }, { ARGV[4], ARGV[5], ARGV[6], ARGV[7] }
  ${keepScript}
end
redis.call("SET", KEYS[2], ARGV[2], "NX")
local time = redis.call("TIME")
local oldest = string.format("%.0f", (tonumber(time[1]) - tonumber(ARGV[3])) * 1000)
redis.call("XADD", KEYS[1], "MINID", "~", oldest, "*", "text", ARGV[1])
for index = 1, 2 do redis.call("EXPIRE", KEYS[index], ARGV[3]) end
`;

/** Puts a field of a hash, which lives as long as the longest-lived of its fields. */
const memberScript = `
redis.call(ARGV[4], KEYS[1], ARGV[1], ARGV[2])
local expires = tonumber(ARGV[3])
if redis.call("TTL", KEYS[1]) < expires then redis.call("EXPIRE", KEYS[1], expires) end
`;

/**
 * A store in Redis (6.2 or newer) or Valkey, shared by many machines.
 *
 * @throws {@link MayflyError} `ERR_CONFIG` for a URL that cannot be used.
 */
export function redisStore(url: string): ResilientStore {
  const { name, secret } = parseRedisUrl(url);
  return new ResilientStore({
    name,
    connect: () => new RedisConnection(url, secret),
    timeoutMs,
  });
}

class RedisConnection implements StoreConnection {
  readonly #secret: string;
  readonly #connected: Promise<Client>;
  #client: Client | undefined;
  #ended = false;

  constructor(url: string, secret: string) {
    this.#secret = secret;
    this.#connected = this.#connect(url);
    this.#connected.catch(() => {}); // each call rejects with it
  }

  get alive(): boolean {
    return !this.#ended && (this.#client?.isOpen ?? true);
  }

  async read(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    const texts = await this.#run((client) => client.mGet(keys.map((key) => prefix + key)));
    return texts.map((text) => (text === null ? undefined : parse(text)));
  }

  async upsert(key: string, { at, until, expiresBy }: Entry): Promise<void> {
    const options = {
      keys: [prefix + key],
      arguments: [at, until, expiresBy, clockSkewSeconds].map(String),
    };
    await this.#run((client) => client.eval(keepScript, options));
  }

  async claim(key: string, { at, until, expiresBy }: Entry): Promise<boolean> {
    const expiration = { type: "EXAT" as const, value: until + clockSkewSeconds };
    const done = await this.#run((client) =>
      client.set(prefix + key, `${at} ${until} ${expiresBy}`, { condition: "NX", expiration }),
    );
    return done === "OK";
  }

  async append({ text, until }: LogRecord, entry?: { key: string; entry: Entry }): Promise<void> {
    const { at, until: entryUntil, expiresBy } = entry?.entry ?? {};
    const script = {
      keys: [logKey, logNameKey, ...(entry ? [prefix + entry.key] : [])],
      arguments: [
        ...[text, randomBytes(6).toString("base64url"), until - currentTime()],
        ...(entry ? [at, entryUntil, expiresBy, clockSkewSeconds] : []),
      ].map(String),
    };
    try {
      await this.#run((client) => client.eval(appendScript, script));
    } catch (error) {
      // Before there was a feed, our user in Redis needed fewer commands. Revoking has to go on.
      if (!entry || !isForbidden(error as Error)) throw error;
      await this.upsert(entry.key, entry.entry);
    }
  }

  async readLog(after: LogPlace, max: number): Promise<LogPage> {
    const [name, records] = await this.#run(async (client) => {
      const log = (await client.get(logNameKey)) ?? "";
      const isHere = log !== "" && log === after.log && /^\d+-\d+$/.test(after.position);
      const start = isHere ? `(${after.position}` : "-";
      const page = log === "" ? null : await client.xRange(logKey, start, "+", { COUNT: max });
      return [{ log, position: isHere ? after.position : "" }, page] as const;
    });
    return {
      ...name,
      records: (records ?? []).map(({ id, message }) => ({
        position: id,
        text: String(message.text),
      })),
    };
  }

  async putMember({ group, member, text, until, isFirstKept }: Member): Promise<void> {
    const ttl = Math.max(1, until - currentTime());
    const command = isFirstKept ? "HSETNX" : "HSET";
    await this.#run((client) =>
      client.eval(memberScript, {
        keys: [`${prefix}members:${group}`],
        arguments: [member, text, String(ttl), command],
      }),
    );
  }

  async listMembers(group: string): Promise<[member: string, text: string][]> {
    const all = await this.#run((client) => client.hGetAll(`${prefix}members:${group}`));
    return Object.entries(all);
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#client?.destroy();
  }

  async #connect(url: string): Promise<Client> {
    const client = createClient({
      url,
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false }, // the ledger connects anew
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
  const [at = 0, until = 0, expiresBy] = text.split(" ").map(Number);
  return complete({ at, until, ...(expiresBy !== undefined && { expiresBy }) });
}

/** The URL without what is secret in it, and the secret. */
function parseRedisUrl(url: string): { name: string; secret: string } {
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

/** Whether the user that we log in as may not run a command, or not in a script. */
function isForbidden({ message }: Error): boolean {
  return /NOPERM|ACL failure|can't run this command/.test(message);
}

/** A server may repeat what it does not understand, an `AUTH` for example. */
function censor(error: Error, secret: string): Error {
  if (secret === "" || !error.message.includes(secret)) return error;
  return new Error(error.message.replaceAll(secret, "***"));
}
