import { buffer } from "node:stream/consumers";
import { generateSecret } from "../../../config/index.ts";
import { type Algorithm, isPublic } from "../../../credential/index.ts";
import { MayflyError } from "../../../error.ts";
import { type Key, type KeyInput, Keyring } from "../../../keyring/index.ts";

/** The content of a secret file, and the key parsed from it. */
export interface NewSecret {
  content: Uint8Array;
  key: Key;
  /** Public key as PEM; absent for a MAC key, and if only the public key was given. */
  publicKey?: string;
}

const minCharacters = 32;

/**
 * Generates a secret for a key, or reads it from standard input, and validates it.
 *
 * @param from - `-` for standard input; any other value is refused
 * @throws {@link MayflyError} `ERR_KEY`; its message never quotes the secret
 */
export async function secretFor(
  description: Omit<KeyInput, "secret"> & { algorithm: Algorithm },
  from?: string,
): Promise<NewSecret> {
  const { id, algorithm } = description;
  if (from !== undefined && from !== "-") {
    const why = "other users can see arguments, and the shell keeps them in its history";
    throw new MayflyError("ERR_KEY", `--secret takes only -, for standard input: ${why}`);
  }
  const content = from ? await buffer(process.stdin) : Buffer.from(generateSecret(algorithm));
  // The same bytes as when it is read back from its file.
  const secret = Buffer.from(content.toString("latin1").replace(/\r?\n$/, ""), "latin1");
  const [key] = new Keyring([{ ...description, secret, allowShort: true }]).keys as [Key];
  if (!isPublic(algorithm)) {
    if (secret.length >= minCharacters) return { content, key };
    const problem = `the secret is shorter than ${minCharacters} bytes and can be guessed`;
    throw new MayflyError("ERR_KEY", `key ${id}: ${problem}`);
  }
  if (!key.signing) return { content, key };
  return {
    content,
    key,
    publicKey: String(key.verification.export({ type: "spki", format: "pem" })),
  };
}
