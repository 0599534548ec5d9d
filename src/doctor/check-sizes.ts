import { createElement } from "ltx";
import { nobody } from "./mints.ts";
import { type Check, type Patient, present } from "./patient.ts";
import { openStream } from "./server.ts";
import { type Sighting, saw } from "./sighting.ts";

const tooLong = 70_000;

/** Whether long passwords are decided on, and those too long for the program kept from it. */
export const checkSizes: Check = {
  name: "stanza limits",
  waitsFor: "a refusal of a long password",
  async run(patient) {
    return [...(await checkLong(patient)), ...(await checkTooLong(patient))];
  },
};

async function checkLong(patient: Patient): Promise<Sighting[]> {
  for (const kilobytes of [12, 40]) {
    const password = "x".repeat(kilobytes * 1000);
    const outcome = await present(patient, { username: nobody(), password });
    if (outcome.ok || !endings.includes(outcome.condition)) continue;
    const what = `a password of ${kilobytes} KB is not decided on (${outcome.condition})`;
    return [saw("stanza-limit", what)];
  }
  return [];
}

const endings = ["policy-violation", "closed", "not-well-formed"];

/**
 * An ejabberd without a limit hands its program what the protocol has no room for, and loses it. With a
 * mechanism that nobody has, the size is judged and the program not asked. Nothing limits a WebSocket.
 */
async function checkTooLong(patient: Patient): Promise<Sighting[]> {
  const { kind, server } = patient;
  if (kind === "prosody" || server.target.scheme === "wss") return [];
  const stream = await openStream(server);
  try {
    const xmlns = "urn:ietf:params:xml:ns:xmpp-sasl";
    const attrs = { xmlns, mechanism: "X-MAYFLY-DOCTOR" };
    const element = createElement("auth", attrs, "A".repeat(tooLong));
    const answer = await stream.ask(element, ["failure", "success", "challenge"]);
    if (answer.name === "ended") return [];
    const why = "a password of 65 KB costs ejabberd the program: anybody can keep all others out";
    const what = `the server takes ${tooLong / 1000} KB from who is not logged in`;
    return [saw("stanza-limit", what, { severity: "error", why })];
  } finally {
    stream.close();
  }
}
