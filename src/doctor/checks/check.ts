import type { MintedCredential } from "../../credential/index.ts";
import type { Kind } from "../findings/catalog.ts";
import type { Observation } from "../findings/finding.ts";
import { attempt } from "../xmpp/login.ts";
import type { StreamTarget } from "../xmpp/stream.ts";
import type { TestCredentials } from "./test-credentials.ts";

/** The server under test, and what the checks have learnt about it so far. */
export interface DoctorContext {
  server: StreamTarget;
  /** The localpart that logs in: the given one, or a random one where the server refuses that. */
  user: string;
  credentials: TestCredentials;
  /** The server's software, once known. */
  kind: Kind | undefined;
  /** Whether OAuth is set up at an ejabberd, where that is known. */
  oauth: boolean;
  /** Whether FAST tokens end with their credential, where the server's configuration is known. */
  limitsFast: boolean;
  /** The SASL mechanisms offered over TLS. */
  mechanisms: string[];
  /** The features that the host announces (XEP-0030). */
  abilities: string[];
}

/** One check of a running server. */
export interface Check {
  name: string;
  /** What it may wait for, as a noun for the progress line. */
  waitLabel: string;
  /** @throws {@link AbortChecks} where no further check makes sense. */
  run(context: DoctorContext): Promise<Observation[]>;
}

/** Presents a credential by PLAIN. */
export function present(
  { server }: DoctorContext,
  { username, password }: Pick<MintedCredential, "username" | "password">,
): ReturnType<typeof attempt> {
  return attempt(server, { mechanism: "PLAIN", username, password });
}
