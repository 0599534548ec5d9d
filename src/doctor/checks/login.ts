import { createElement } from "ltx";
import { AbortChecks, type Observation, observe } from "../findings/finding.ts";
import { iq, logIn } from "../xmpp/login.ts";
import type { XmppStream } from "../xmpp/stream.ts";
import { type Check, type DoctorContext, present } from "./check.ts";
import { checkClock } from "./clock.ts";
import { randomUser } from "./test-credentials.ts";

/** Logs in with a fresh credential, and diagnoses a refusal. */
export const checkLogin: Check = {
  name: "login",
  waitLabel: "a login",
  async run(context) {
    const observations = await enter(context, context.user);
    return typeof observations === "string" ? diagnose(context, observations) : observations;
  },
};

/** Logs in and queries the server: the observations, or the condition of the refusal. */
async function enter(context: DoctorContext, user: string): Promise<Observation[] | string> {
  const minted = await context.credentials.fresh(user);
  const outcome = await logIn(context.server, { ...minted, mechanism: "PLAIN" });
  if (!outcome.ok) return outcome.condition;
  const { stream, jid } = outcome;
  try {
    const observations = await ask(context, stream);
    if (jid === minted.jid) return observations;
    return [
      ...observations,
      observe("identity", `a credential for ${minted.jid} logs in as ${jid}`),
    ];
  } finally {
    stream.close();
  }
}

/** Asks the server for its software, its features and its time. */
async function ask(context: DoctorContext, stream: XmppStream): Promise<Observation[]> {
  const { host } = context.server;
  const question = createElement("query", { xmlns: "http://jabber.org/protocol/disco#info" });
  const info = await stream.request(iq("get", "info", question, host), ["iq"]);
  const query = info.getChild("query");
  const name = query?.getChild("identity")?.attrs.name;
  if (name === "ejabberd") context.kind ??= "ejabberd";
  if (name === "Prosody") context.kind ??= "prosody";
  context.abilities = query?.getChildren("feature").map(({ attrs }) => attrs.var) ?? [];
  if (!context.abilities.includes("urn:xmpp:time")) return [];

  const time = createElement("time", { xmlns: "urn:xmpp:time" });
  const reply = await stream.request(iq("get", "time", time, host), ["iq"]);
  const date = new Date(reply.getChild("time")?.getChildText("utc") ?? "");
  return Number.isNaN(date.getTime()) ? [] : checkClock(context, date);
}

/** Finds out why the server refuses a fresh credential, as far as a client can. */
async function diagnose(context: DoctorContext, condition: string): Promise<Observation[]> {
  const { credentials, user, server } = context;
  if (condition === "temporary-auth-failure") {
    throw new AbortChecks("program", "the server cannot ask the program (temporary-auth-failure)");
  }

  const other = randomUser();
  const observations = await enter(context, other);
  if (typeof observations !== "string") {
    context.user = other;
    // Where a cache refuses, expiryChecks finds it with this user.
    if (!(await present(context, await credentials.fresh(other))).ok) return observations;
    const jid = `${user}@${server.host}`;
    const what = `the server refuses credentials for ${jid} (${condition}), and accepts those for others`;
    return [...observations, observe("user-refused", what)];
  }

  const { key, keys } = credentials;
  for (const candidate of keys.filter((it) => it !== key)) {
    credentials.key = candidate;
    if (!(await present(context, await credentials.fresh(user))).ok) continue;
    const what = `the server accepts key ${candidate.id}, and refuses key ${key?.id}, which comes first`;
    return [observe("secret-mismatch", what)];
  }
  credentials.key = key;

  if ((await present(context, await credentials.longLived(randomUser()))).ok) {
    const what = "the server's clock is ahead: it takes a credential of 30 s for expired";
    throw new AbortChecks("clock", what);
  }
  const what = `the server refuses a fresh credential of key ${key?.id} (${condition})`;
  throw new AbortChecks("secret-mismatch", what);
}
