import { buffer } from "node:stream/consumers";
import { newSecret } from "../config/index.ts";
import { type Algorithm, isPublic } from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { type Key, type KeyInput, Keyring } from "../keyring/index.ts";

/** A secret as it goes to a file, and the key that it makes. */
export interface NewSecret {
  content: Uint8Array;
  key: Key;
  /** What others verify with, PEM; absent where it is the secret itself, or was all there is. */
  publicKey?: string;
}

const shortest = 32;

/**
 * Makes a secret for a key, or takes the one on standard input, and sees that it can be used.
 *
 * @param from `-` for standard input; nothing else will do.
 * @throws {@link MayflyError} `ERR_KEY`, which shows nothing of what was given.
 */
export async function secretFor(
  description: Omit<KeyInput, "secret"> & { algorithm: Algorithm },
  from?: string,
): Promise<NewSecret> {
  const { id, algorithm } = description;
  if (from !== undefined && from !== "-") {
    const why = "an argument is seen by others and kept in the shell's history";
    throw new MayflyError("ERR_KEY", `--secret takes only -, for standard input: ${why}`);
  }
  const content = from ? await buffer(process.stdin) : Buffer.from(newSecret(algorithm));
  // As it is when it is read back from its file.
  const secret = Buffer.from(content.toString("latin1").replace(/\r?\n$/, ""), "latin1");
  const [key] = new Keyring([{ ...description, secret }]).keys as [Key];
  if (!isPublic(algorithm)) {
    if (secret.length >= shortest) return { content, key };
    const problem = `the secret is shorter than ${shortest} bytes, and may be guessed`;
    throw new MayflyError("ERR_KEY", `key ${id}: ${problem}`);
  }
  if (!key.signing) return { content, key };
  return {
    content,
    key,
    publicKey: String(key.verification.export({ type: "spki", format: "pem" })),
  };
}
