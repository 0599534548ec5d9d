import { statSync } from "node:fs";

/** Who may use a file. */
export interface Access {
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Who may use a new secret: who writes it, and nobody else. But what root writes is for the servers
 * to read, so it goes to those who have one of the other secrets, as long as that is not everybody,
 * or else to the owner of the configuration.
 */
export function accessLike(secrets: readonly string[], config: string): Partial<Access> {
  if (process.getuid?.() !== 0) return {};
  const guarded = secrets.map(accessOf).find((access) => access && (access.mode & 0o007) === 0);
  const like = guarded ?? accessOf(config);
  return like ? { ...like, mode: 0o600 | ((guarded?.mode ?? 0) & 0o040) } : {};
}

function accessOf(path: string): Access | undefined {
  try {
    const { mode, uid, gid } = statSync(path);
    return { mode, uid, gid };
  } catch {
    return undefined;
  }
}
