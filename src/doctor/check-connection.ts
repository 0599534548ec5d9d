import { judgeClock } from "./clock.ts";
import { Impasse } from "./impasse.ts";
import { offered } from "./mechanisms.ts";
import type { Check, Patient } from "./patient.ts";
import { openStream, type Stream } from "./server.ts";
import { type Sighting, saw } from "./sighting.ts";

/** A certificate is renewed sooner, also one that lives for days. */
const leastLeft = 0.15;

/** What can be seen before anybody logs in. */
export const checkConnection: Check = {
  name: "connection",
  waitsFor: "a connection",
  async run(patient) {
    const stream = await openStream(patient.server);
    stream.close();
    patient.mechanisms = offered(stream.features);
    if (/process-one/.test(String(stream.features.getChild("c")))) patient.kind ??= "ejabberd";
    if (!patient.mechanisms.includes("PLAIN")) throw new Impasse("no-plain", lacking(patient));
    const { date } = stream.peer;
    return [
      ...judgeCertificate(stream),
      ...judgeClearText(stream),
      ...judgeMechanisms(patient),
      ...(date ? judgeClock(patient, date) : []),
    ];
  },
};

function lacking({ mechanisms }: Patient): string {
  const instead = mechanisms.length > 0 ? `offers ${mechanisms.join(", ")}` : "offers no login";
  return `the server ${instead} over TLS, and not PLAIN`;
}

function judgeCertificate({ peer }: Stream): Sighting[] {
  if ((peer.left ?? 1) > leastLeft) return [];
  const fix =
    "renew it, and have it renewed by itself: certbot renew --deploy-hook 'systemctl reload …'";
  const what = `the certificate expires ${peer.expires?.toISOString().slice(0, 10)}`;
  return [saw("certificate", what, { severity: "warning", fix })];
}

function judgeClearText({ inClear }: Stream): Sighting[] {
  const mechanisms = inClear ? offered(inClear) : [];
  if (mechanisms.length === 0) return [];
  const what = `the server offers ${mechanisms.join(", ")} before TLS`;
  return [saw("plain-without-tls", what)];
}

/** Beside mechanisms that take tokens, one that wants a password is of another method. */
function judgeMechanisms({ mechanisms }: Patient): Sighting[] {
  const others = mechanisms.filter((name) => !["PLAIN", "X-OAUTH2", "OAUTHBEARER"].includes(name));
  if (others.length === 0) return [];
  const what = `beside PLAIN the server offers ${others.join(", ")}, which no credential passes`;
  return [saw("auth-method", what)];
}
