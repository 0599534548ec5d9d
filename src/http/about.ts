/** What the process that serves knows of itself. Times are in Unix milliseconds. */
export interface About {
  version: string;
  /** Where the configuration in force is from. */
  source: string;
  loadedAt: number;
  /** Why the last loading failed, where it did. */
  mistake?: { at: number; line: string };
  /** When secrets were written, by the ids of their keys, where that is known. */
  writtenAt: ReadonlyMap<string, number>;
}
