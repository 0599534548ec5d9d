import { existsSync, readFileSync } from "node:fs";

const folder = new URL("../../../shared/vectors/wycheproof/", import.meta.url);

/** Whether the vectors are beside the project: they are no part of it. */
export const haveVectors: boolean = existsSync(folder);

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
