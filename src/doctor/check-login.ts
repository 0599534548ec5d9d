import { createElement } from "ltx";
import { judgeClock } from "./clock.ts";
import { Impasse } from "./impasse.ts";
import { iq, logIn } from "./login.ts";
import { nobody } from "./mints.ts";
import { type Check, type Patient, present } from "./patient.ts";
import type { Stream } from "./server.ts";
import { type Sighting, saw } from "./sighting.ts";

/** Whether a freshly minted credential logs in; if not, why not. */
export const checkLogin: Check = {
  name: "login",
  waitsFor: "a login",
  async run(patient) {
    const sightings = await enter(patient, patient.user);
    return typeof sightings === "string" ? diagnose(patient, sightings) : sightings;
  },
};

/** Logs in and looks around: what is to be seen there, or the condition of the refusal. */
async function enter(patient: Patient, user: string): Promise<Sighting[] | string> {
  const minted = await patient.mints.fresh(user);
  const outcome = await logIn(patient.server, { ...minted, mechanism: "PLAIN" });
  if (!outcome.ok) return outcome.condition;
  const { stream, jid } = outcome;
  try {
    const sightings = await ask(patient, stream);
    if (jid === minted.jid) return sightings;
    return [...sightings, saw("identity", `a credential for ${minted.jid} logs ${jid} in`)];
  } finally {
    stream.close();
  }
}

/** Asks who the server is, what it can do, and what time it is there. */
async function ask(patient: Patient, stream: Stream): Promise<Sighting[]> {
  const { host } = patient.server;
  const question = createElement("query", { xmlns: "http://jabber.org/protocol/disco#info" });
  const info = await stream.ask(iq("get", "info", question, host), ["iq"]);
  const query = info.getChild("query");
  const name = query?.getChild("identity")?.attrs.name;
  if (name === "ejabberd") patient.kind ??= "ejabberd";
  if (name === "Prosody") patient.kind ??= "prosody";
  patient.abilities = query?.getChildren("feature").map(({ attrs }) => attrs.var) ?? [];
  if (!patient.abilities.includes("urn:xmpp:time")) return [];

  const time = createElement("time", { xmlns: "urn:xmpp:time" });
  const told = await stream.ask(iq("get", "time", time, host), ["iq"]);
  const date = new Date(told.getChild("time")?.getChildText("utc") ?? "");
  return Number.isNaN(date.getTime()) ? [] : judgeClock(patient, date);
}

/** Why a freshly minted credential is refused, as far as can be told from outside. */
async function diagnose(patient: Patient, condition: string): Promise<Sighting[]> {
  const { mints, user, server } = patient;
  if (condition === "temporary-auth-failure") {
    throw new Impasse("program", "the server cannot ask the program (temporary-auth-failure)");
  }

  const other = nobody();
  const sightings = await enter(patient, other);
  if (typeof sightings !== "string") {
    patient.user = other;
    // Where it is a cache that refuses, checksOfExpiry finds that with this user.
    if (!(await present(patient, await mints.fresh(other))).ok) return sightings;
    const jid = `${user}@${server.host}`;
    const what = `credentials for ${jid} are refused (${condition}), those for others are not`;
    return [...sightings, saw("user-refused", what)];
  }

  const { key, keys } = mints;
  for (const candidate of keys.filter((it) => it !== key)) {
    mints.key = candidate;
    if (!(await present(patient, await mints.fresh(user))).ok) continue;
    const what = `key ${candidate.id} opens the server, key ${key?.id}, which comes first, does not`;
    return [saw("secret-mismatch", what)];
  }
  mints.key = key;

  if ((await present(patient, await mints.lasting(nobody()))).ok) {
    const what = "the server's clock is ahead: what lives for 30 s here has expired there";
    throw new Impasse("clock", what);
  }
  const what = `a credential fresh from key ${key?.id} is refused (${condition})`;
  throw new Impasse("secret-mismatch", what);
}
