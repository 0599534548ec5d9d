import { randomBytes } from "node:crypto";
import { currentTime } from "../time.ts";
import {
  type Entry,
  type LogPage,
  type LogPlace,
  type LogRecord,
  type Member,
  merge,
  type StoreConnection,
} from "./connection.ts";
import { ResilientStore } from "./resilient-store.ts";

/** A store in the memory of this process, which ends with it. */
export function memoryStore(entries = new Map<string, Entry>()): ResilientStore {
  const connection = new MemoryConnection(entries);
  return new ResilientStore({ name: "memory", connect: () => connection, timeoutMs: 1000 });
}

class MemoryConnection implements StoreConnection {
  readonly alive = true;
  readonly #entries: Map<string, Entry>;
  #round: Iterator<[string, Entry], undefined>;
  readonly #log = randomBytes(6).toString("base64url");
  /** The records of the log, in order, and how many there were before the first of them. */
  readonly #records: LogRecord[] = [];
  #dropped = 0;
  readonly #members = new Map<string, Member>();

  constructor(entries: Map<string, Entry>) {
    this.#entries = entries;
    this.#round = entries.entries();
  }

  async read(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    this.#sweep();
    return keys.map((key) => this.#entries.get(key));
  }

  async upsert(key: string, entry: Entry): Promise<void> {
    this.#sweep();
    this.#entries.set(key, merge(this.#entries.get(key) ?? entry, entry));
  }

  async claim(key: string, entry: Entry): Promise<boolean> {
    this.#sweep();
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, entry);
    return true;
  }

  async append(record: LogRecord, entry?: { key: string; entry: Entry }): Promise<void> {
    if (entry) await this.upsert(entry.key, entry.entry);
    const now = currentTime();
    const kept = this.#records.findIndex(({ until }) => until >= now);
    const expired = kept === -1 ? this.#records.length : kept;
    this.#records.splice(0, expired);
    this.#dropped += expired;
    this.#records.push(record);
  }

  async readLog({ log, position }: LogPlace, max: number): Promise<LogPage> {
    const isHere = log === this.#log && /^\d+$/.test(position);
    const start = Math.max(isHere ? Number(position) : 0, this.#dropped);
    const records = this.#records
      .slice(start - this.#dropped, start - this.#dropped + max)
      .map(({ text }, index) => ({ position: String(start + index + 1), text }));
    return { log: this.#log, position: isHere ? position : "", records };
  }

  async putMember(member: Member): Promise<void> {
    const now = currentTime();
    for (const [key, { until }] of this.#members) if (until < now) this.#members.delete(key);
    const key = JSON.stringify([member.group, member.member]);
    if (!(member.isFirstKept && this.#members.has(key))) this.#members.set(key, member);
  }

  async listMembers(group: string): Promise<[member: string, text: string][]> {
    const now = currentTime();
    return [...this.#members.values()]
      .filter((it) => it.group === group && it.until >= now)
      .map(({ member, text }) => [member, text]);
  }

  async end(): Promise<void> {}

  /** Drops the expired ones among the next few entries; call after call goes through all of them. */
  #sweep(): void {
    for (let count = 0; count < 4; count++) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = this.#entries.entries();
        return;
      }
      const [key, { until }] = next.value;
      if (until < currentTime()) this.#entries.delete(key);
    }
  }
}
