import type { MintedCredential } from "../credential/index.ts";
import type { Kind } from "./finding.ts";
import { attempt } from "./login.ts";
import type { Mints } from "./mints.ts";
import type { Server } from "./server.ts";
import type { Sighting } from "./sighting.ts";

/** What is examined, and what is known of it so far. */
export interface Patient {
  server: Server;
  /** Who logs in: the localpart that was named, or somebody else where that one is refused. */
  user: string;
  mints: Mints;
  /** The server's software, once it is known. */
  kind: Kind | undefined;
  /** Whether OAuth is set up at an ejabberd, where that is known. */
  oauth: boolean;
  /** The mechanisms that it offers over TLS. */
  mechanisms: string[];
  /** What the host says that it can do (XEP-0030). */
  abilities: string[];
}

/** One check: what it looks for, what it may wait for, and how it is done. */
export interface Check {
  name: string;
  waitsFor: string;
  run(patient: Patient): Promise<Sighting[]>;
}

/** Presents a credential by PLAIN. */
export function present(
  { server }: Patient,
  { username, password }: Pick<MintedCredential, "username" | "password">,
): ReturnType<typeof attempt> {
  return attempt(server, { mechanism: "PLAIN", username, password });
}
