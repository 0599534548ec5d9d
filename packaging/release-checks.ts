/** What a release is checked by. */
export interface ReleaseFacts {
  packageJson: { version: string; files: string[] };
  lockfile: { version: string; packages: Record<string, { version?: string }> };
  changelog: string;
  /** The tags that there are, such as `v0.1.0`. */
  tags: string[];
  /** What `git status --porcelain` prints. */
  changes: string;
  /** The files that `npm pack` would pack. */
  packed: string[];
}

/** Folders that are for those who work on Mayfly. */
const ofCheckout = [".ci", "bench", "build", "node_modules", "packaging", "src", "test"];

/** Why this must not be released, each as one line with its fix. */
export function findObstacles(facts: ReleaseFacts): string[] {
  const { packageJson, lockfile, changelog, tags, changes, packed } = facts;
  const { version, files } = packageJson;
  const heading = changelog.split("\n").find((line) => line.startsWith(`## ${version}`));
  const isAny = (path: string) => ofCheckout.includes(path.split("/")[0] ?? "");
  const checks: [isWrong: boolean, line: string][] = [
    [
      !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version),
      `package.json: version ${version} is not a semantic version: write 1.2.3`,
    ],
    [
      lockfile.version !== version || lockfile.packages[""]?.version !== version,
      `package-lock.json: has another version than ${version}: run npm install`,
    ],
    [
      heading === undefined,
      `CHANGELOG.md: has no heading ## ${version}: write one with its date, ## ${version} (2026-11-29)`,
    ],
    [
      heading !== undefined && !/ \(\d{4}-\d\d-\d\d\)$/.test(heading),
      `CHANGELOG.md: "${heading}" has no date: write ## ${version} (2026-11-29)`,
    ],
    [tags.includes(`v${version}`), `git: the tag v${version} is there already: raise the version`],
    [changes !== "", "git: there are changes that are not committed: commit them"],
    ...files
      .filter(isAny)
      .map((name): [boolean, string] => [true, `package.json: files has ${name}: take it out`]),
    ...packed
      .filter(isAny)
      .map((path): [boolean, string] => [
        true,
        `the tarball has ${path}: see files in package.json`,
      ]),
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, line]) => line);
}
