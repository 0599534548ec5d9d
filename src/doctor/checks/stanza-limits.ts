import { createElement } from "ltx";
import { type Observation, observe } from "../findings/finding.ts";
import { openStream } from "../xmpp/stream.ts";
import { isWebSocket } from "../xmpp/target.ts";
import { type Check, type DoctorContext, present } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

const oversizedBytes = 70_000;

/** Presents long passwords, which the server must check, and one that is too long for the program. */
export const checkSizes: Check = {
  name: "stanza limits",
  waitLabel: "a refusal of a long password",
  async run(context) {
    return [...(await checkLong(context)), ...(await checkTooLong(context))];
  },
};

async function checkLong(context: DoctorContext): Promise<Observation[]> {
  for (const kilobytes of [12, 40]) {
    const password = "x".repeat(kilobytes * 1000);
    const outcome = await present(context, { username: randomUser(), password });
    if (outcome.ok || !endings.includes(outcome.condition)) continue;
    const what = `the server ends the stream on a password of ${kilobytes} KB (${outcome.condition})`;
    return [observe("stanza-limit", what)];
  }
  return [];
}

const endings = ["policy-violation", "closed", "not-well-formed"];

/**
 * An ejabberd without a limit sends its program more than the protocol can frame, and loses it. With an
 * unknown mechanism the limit applies and the program is not asked. A WebSocket has no limit.
 */
async function checkTooLong(context: DoctorContext): Promise<Observation[]> {
  const { kind, server } = context;
  if (kind === "prosody" || isWebSocket(server.target)) return [];
  const stream = await openStream(server);
  try {
    const xmlns = "urn:ietf:params:xml:ns:xmpp-sasl";
    const attrs = { xmlns, mechanism: "X-MAYFLY-DOCTOR" };
    const element = createElement("auth", attrs, "A".repeat(oversizedBytes));
    const answer = await stream.request(element, ["failure", "success", "challenge"]);
    if (answer.name === "ended") return [];
    const why =
      "a password of 65 KB makes ejabberd lose its program: any stranger can lock all users out";
    const what = `the server takes ${oversizedBytes / 1000} KB from a client that is not logged in`;
    return [observe("stanza-limit", what, { severity: "error", why })];
  } finally {
    stream.close();
  }
}
