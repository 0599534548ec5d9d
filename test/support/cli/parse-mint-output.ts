/** The credential in what `mayfly mint` prints for people. */
export function mintedBy(shown: string): { username: string; password: string } {
  const said = (name: string) => RegExp(`^${name} +(\\S+)$`, "m").exec(shown)?.[1] ?? "";
  return { username: said("username"), password: said("password") };
}
