import { element } from "../../web/page/element.ts";
import icon from "../../web/page/icon.svg";
import { clearJournal, note } from "../../web/page/journal.ts";
import { clearMessages, show } from "../../web/page/messages.ts";
import { current, signIn, signOut } from "../../web/page/sign-in.ts";
import type { Session } from "../session.ts";
import {
  type Credential,
  fetchCredential,
  forXmpp,
  SignedOutError,
  tampered,
} from "./credential.ts";
import { setLight } from "./lights.ts";
import { showCall } from "./show-call.ts";
import { clearCredential, countDown, showParts } from "./show-credential.ts";
import { type Phone, pickUp } from "./sip.ts";
import { throughRelay, tryRelay } from "./turn.ts";
import { type Chat, openChat } from "./xmpp.ts";

const user = element<HTMLInputElement>("user");
const to = element<HTMLInputElement>("to");
const text = element<HTMLInputElement>("text");
const services = ["xmpp", "sip", "turn"] as const;
/** Whether `mayfly serve` signs users in at an identity provider, in place of the toy. */
let isByProvider = false;
let session: Session | undefined;
let credential: Credential | undefined;
let chat: Chat | undefined;
let phone: Phone | undefined;
let presentation = 0;

/** Begins a session, with its first credential if there is one. */
async function enter(entered: Session, first?: Credential): Promise<void> {
  session = entered;
  element("welcome").hidden = true;
  for (const id of ["session", "sign-out"]) element(id).hidden = false;
  element("sign-out").textContent = `Sign out ${session.user}`;
  element("host").textContent = `@${session.host}`;
  to.value = session.user === "bob" ? "alice" : "bob";
  nameOther();
  await renew(first);
}

/** Enters as the user whom the first credential names; who is not signed in sees a button that leads there. */
async function enterByProvider(place: Session): Promise<void> {
  isByProvider = true;
  for (const id of ["toy", "toy-hint"]) element(id).hidden = true;
  user.disabled = true;
  element("nobody").textContent =
    "Sign in as somebody else in another browser, and call each other.";
  const first = await fetchCredential().catch((error: Error) => {
    if (!(error instanceof SignedOutError)) complain(error);
  });
  if (first) await enter({ ...place, user: forXmpp(first).username }, first);
}

/** Fetches a credential: the one time that the app server is asked for anything. */
async function renew(first?: Credential): Promise<void> {
  const failure = element("failure");
  failure.hidden = true;
  try {
    credential = first ?? (await fetchCredential());
  } catch (error) {
    element("failure-detail").textContent = (error as Error).message;
    failure.hidden = false;
    return;
  }
  note("The app server minted a credential");
  countDown(credential, () => {
    // What was opened with it goes on; this shows that it opens nothing more.
    note("It has expired");
    present();
  });
  present();
}

/** Presents the credential to all three. */
function present(presented = credential): void {
  if (!session || !presented) return;
  showParts(presented, presented !== credential);
  for (const service of services) setLight(service, "trying", "Presenting the credential …");
  logIn(session, presented);
  register(session, presented);
  askForRelay(presented);
}

function logIn({ host, xmpp }: Session, presented: Credential): void {
  chat?.close();
  sees(false);
  chat = openChat(addressOf(xmpp), forXmpp(presented), {
    online: () => setLight("xmpp", "good", "Online"),
    lost: () => setLight("xmpp", "trying", "Connecting again …"),
    refused: (reason) => setLight("xmpp", "bad", `Refused: ${reason}`),
    seen: (jid, isOnline) => jid === `${to.value}@${host}` && sees(isOnline),
    said: (from, what) => show(what, from.replace(`@${host}`, "")),
  });
  chat.watch(`${to.value}@${host}`);
}

function register({ sip }: Session, presented: Credential): void {
  const refused = (reason: string) => setLight("sip", "bad", `Refused: ${reason}`);
  phone?.present(presented);
  try {
    phone ??= pickUp(addressOf(sip), presented, {
      registered: () => setLight("sip", "good", "Registered"),
      lost: () => setLight("sip", "trying", "Connecting again …"),
      refused,
      began: (call) => showCall(call, media),
    });
  } catch (error) {
    refused((error as Error).message);
  }
}

async function askForRelay(presented: Credential): Promise<void> {
  const asked = ++presentation;
  const [light, reason] = await tryRelay(presented).then(
    (relay) => ["good", `A relay at ${relay}`] as const,
    (error: Error) => ["bad", `Refused: ${error.message}`] as const,
  );
  if (asked === presentation) setLight("turn", light, reason);
}

function media(): RTCConfiguration {
  return credential ? throughRelay(credential) : {};
}

async function leave(): Promise<void> {
  const left = chat;
  phone?.close();
  session = credential = chat = phone = undefined;
  await Promise.allSettled([left?.close(), isByProvider || signOut()]);
  if (isByProvider) location.assign("/sign-out"); // here, and at the provider
  clearCredential();
  clearJournal();
  clearMessages();
  for (const service of services) setLight(service, "off");
  for (const id of ["session", "sign-out", "failure"]) element(id).hidden = true;
  element("welcome").hidden = false;
  user.focus();
}

function addressOf(service: string): string {
  return new URL(service, location.href.replace(/^http/, "ws")).href;
}

function sees(isOnline: boolean): void {
  element("presence").dataset.online = String(isOnline);
  element("presence").textContent = isOnline ? "online" : "offline";
  if (isOnline) element("nobody").hidden = true;
}

/** The page for somebody else: by its other name, so that it has a cookie of its own. */
function nameOther(): void {
  element("call").textContent = `Call ${to.value}`;
  if (isByProvider) return; // there is no such page
  const address = new URL(location.href);
  address.hostname = address.hostname === "localhost" ? "127.0.0.1" : "localhost";
  address.search = `?${new URLSearchParams({ user: to.value })}`;
  const link = element<HTMLAnchorElement>("other");
  link.href = address.href;
  link.textContent = to.value;
}

function complain(error: unknown): void {
  element("sign-in-error").textContent = (error as Error).message;
}

element("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  element("sign-in-error").textContent = "";
  if (isByProvider) {
    const { pathname, search } = location;
    location.assign(`/sign-in?${new URLSearchParams({ return: pathname + search })}`);
    return;
  }
  try {
    await enter(await signIn<Session>(user.value.trim()));
  } catch (error) {
    complain(error);
    user.focus();
  }
});

element("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const what = text.value;
  await chat?.send(`${to.value}@${session?.host}`, what);
  text.value = "";
  show(what);
});

element("renew").addEventListener("click", () => renew());
element("again").addEventListener("click", () => present());
element("tamper").addEventListener("click", () => {
  note("Presenting it with another MAC");
  present(credential && tampered(credential));
});
element("call").addEventListener("click", () => {
  phone?.call(`${to.value}@${session?.host}`, media());
});
to.addEventListener("change", () => {
  nameOther();
  sees(false);
  chat?.watch(`${to.value}@${session?.host}`);
});
element("sign-out").addEventListener("click", leave);
addEventListener("pagehide", () => phone?.close()); // the other hears that the call is over

for (const id of ["icon", "logo"]) element(id).setAttribute(id === "icon" ? "href" : "src", icon);
user.value = new URLSearchParams(location.search).get("user") ?? "";
const entered = await current<Session>();
if (!entered) user.focus();
else if (entered.user === undefined) await enterByProvider(entered);
else await enter(entered);
