import { AbortChecks, type Observation, observe } from "../findings/finding.ts";
import { offeredMechanisms } from "../xmpp/mechanisms.ts";
import { openStream, type XmppStream } from "../xmpp/stream.ts";
import type { Check, DoctorContext } from "./check.ts";
import { checkClock } from "./clock.ts";

/** Certificates, short-lived ones too, are renewed before this share of their lifetime is left. */
const minRemainingShare = 0.15;

/** Reports what a server shows before a login: TLS, certificate, mechanisms, clock. */
export const checkConnection: Check = {
  name: "connection",
  waitLabel: "a connection",
  async run(context) {
    const stream = await openStream(context.server);
    stream.close();
    context.mechanisms = offeredMechanisms(stream.features);
    if (/process-one/.test(String(stream.features.getChild("c")))) context.kind ??= "ejabberd";
    if (!context.mechanisms.includes("PLAIN"))
      throw new AbortChecks("no-plain", missingPlain(context));
    const { date } = stream.peer;
    return [
      ...checkCertificate(stream),
      ...checkClearText(stream),
      ...checkMechanisms(context),
      ...(date ? checkClock(context, date) : []),
    ];
  },
};

function missingPlain({ mechanisms }: DoctorContext): string {
  const instead = mechanisms.length > 0 ? `offers ${mechanisms.join(", ")}` : "offers no login";
  return `the server ${instead} over TLS, and not PLAIN`;
}

function checkCertificate({ peer }: XmppStream): Observation[] {
  if ((peer.left ?? 1) > minRemainingShare) return [];
  const fix = "renew it, and automate that: certbot renew --deploy-hook 'systemctl reload …'";
  const what = `the certificate expires ${peer.expires?.toISOString().slice(0, 10)}`;
  return [observe("certificate", what, { severity: "warning", fix })];
}

function checkClearText({ inClear }: XmppStream): Observation[] {
  const mechanisms = inClear ? offeredMechanisms(inClear) : [];
  if (mechanisms.length === 0) return [];
  const what = `the server offers ${mechanisms.join(", ")} before TLS`;
  return [observe("plain-without-tls", what)];
}

/** A mechanism that needs a stored password comes from another authentication method. */
function checkMechanisms({ mechanisms }: DoctorContext): Observation[] {
  const others = mechanisms.filter((name) => !["PLAIN", "X-OAUTH2", "OAUTHBEARER"].includes(name));
  if (others.length === 0) return [];
  const what = `beside PLAIN the server offers ${others.join(", ")}, which accept no minted credential`;
  return [observe("auth-method", what)];
}
