/** Facts about the `mayfly serve` process. Times are in Unix milliseconds. */
export interface ProcessInfo {
  version: string;
  /** File of the configuration in force, or `MAYFLY_SECRET`. */
  source: string;
  /** When the configuration in force was loaded. */
  loadedAt: number;
  /** Why the last attempt to load failed; absent if it succeeded. */
  loadError?: { at: number; line: string };
  /** Modification times of secret files, by key id, where known. */
  writtenAt: ReadonlyMap<string, number>;
}
