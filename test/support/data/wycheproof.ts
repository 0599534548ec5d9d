import { existsSync, readFileSync } from "node:fs";

const folder = new URL("../../../../shared/vectors/wycheproof/", import.meta.url);

/**
 * Whether to run the vectors: they are no part of the project, and a user's own clone has none beside
 * it. In CI nothing is skipped, and where they are missing their suites fail.
 */
export const haveVectors: boolean = existsSync(folder) || process.env.CI !== undefined;

/** One vector of project Wycheproof. */
export interface WycheproofTest {
  tcId: number;
  comment: string;
  flags: string[];
  result: "valid" | "invalid" | "acceptable";
}

/** A group of vectors, with what they share. */
export interface WycheproofGroup<Test> {
  tests: (WycheproofTest & Test)[];
}

/** Reads a file of vectors. */
export function readVectors<Group>(name: string): Group[] {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")).testGroups;
}
