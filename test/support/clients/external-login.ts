import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as secure } from "node:tls";
import { authElement, exchange, streamHeader, verdict } from "./sasl/exchange.ts";
import type { C2s } from "./tcp-login.ts";

/** A certificate of a client, which is signed by itself, and its key. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** Makes one in `folder` that names these JIDs (RFC 6120, section 13.7.1.4). */
export function makeClientCertificate(folder: string, jids: string[]): ClientCertificate {
  const [key, cert] = [join(folder, "client.key"), join(folder, "client.pem")];
  const names = jids.map((jid) => `otherName:1.3.6.1.5.5.7.8.5;UTF8:${jid}`);
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", `/CN=client ${names.length} ${Math.random()}`],
      ...(names.length > 0 ? ["-addext", `subjectAltName=${names}`] : []),
      ...["-keyout", key, "-out", cert],
    ],
    { stdio: "ignore" },
  );
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/**
 * Logs in over TCP with STARTTLS and EXTERNAL, binds, and leaves: the bare JID, or the condition of
 * the refusal.
 */
export async function externalOutcome(
  { port, ca }: C2s,
  host: string,
  certificate: ClientCertificate,
  authzid: string,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    const header = streamHeader(host);
    await exchange(socket, header, /<\/stream:features>/);
    await exchange(socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed/);
    const stream = secure({ socket, ca, servername: host, ...certificate });
    await exchange(stream, header, /<\/stream:features>/);
    const answer = await exchange(stream, authElement("EXTERNAL", authzid), verdict);
    if (answer !== "<success")
      return answer.replace(/^(?:(stream:)error|failure).*<(?=[a-z-]+$)/, "$1");
    await exchange(stream, header, /<\/stream:features>/);
    const bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    return (await exchange(stream, bind, /(?<=<jid>)[^/]+/)).toString();
  } finally {
    socket.destroy();
  }
}
