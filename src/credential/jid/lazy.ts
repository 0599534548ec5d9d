/**
 * A value that is made when it is first asked for. Regular expressions with Unicode's properties are slow to
 * make, and most JIDs, which are in ASCII, need none: a program that a server starts would wait for nothing.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
