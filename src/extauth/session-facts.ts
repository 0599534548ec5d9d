import { fingerprint, type ParsedCredential, parseCredential } from "../credential/index.ts";

/** What a server keeps with a session, to end it when its credential is revoked. */
export interface SessionFacts {
  /** The name of the credential in the feed; nobody can log in with it. */
  credential: string;
  /** In Unix seconds. */
  expires: number;
  /** When it was minted, in Unix seconds, where it says so. */
  issued?: number;
  format: ParsedCredential["format"];
}

/** The facts of a credential, of which nothing is verified; `undefined` where it is none. */
export function factsOf(password: string): SessionFacts | undefined {
  const parsed = parseCredential(password);
  if (!parsed) return undefined;
  const { format } = parsed;
  const credential = fingerprint(parsed);
  if (parsed.format === "mojoauth") return { credential, expires: parsed.expires, format };
  const { exp, iat } = parsed.claims ?? {};
  if (typeof exp !== "number") return undefined;
  return {
    ...{ credential, expires: Math.floor(exp), format },
    ...(typeof iat === "number" && { issued: iat }),
  };
}
