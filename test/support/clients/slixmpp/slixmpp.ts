import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { MintedCredential } from "../../../../src/client/index.ts";

const script = fileURLToPath(new URL("slixmpp-login.py", import.meta.url));

/**
 * Logs in and out with slixmpp by one mechanism, over TCP with STARTTLS: the bare JID that was
 * bound, or the condition of the refusal.
 *
 * @param tls - the newest version of TLS; the binding that slixmpp 1.8 knows ends with 1.2
 */
export async function slixmppOutcome(
  { port, certificate: ca }: { port: number; certificate: string },
  { jid, username, password }: MintedCredential,
  mechanism: string,
  tls: "TLSv1_2" | "TLSv1_3",
): Promise<string> {
  const child = spawn("/usr/bin/python3", [script], { stdio: ["pipe", "pipe", "pipe"] });
  const login = { host: "localhost", port, ca, jid, username, password, mechanism, tls };
  child.stdin.end(JSON.stringify(login));
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!said) throw new Error(`slixmpp failed: ${errors}`);
  return said.trim();
}
