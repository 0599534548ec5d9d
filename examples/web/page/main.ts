import type { Session } from "../session.ts";
import { type Connection, connect } from "./connection.ts";
import { clearCredential, showCredential } from "./credential.ts";
import { element } from "./element.ts";
import { clearFailure, showFailure } from "./failure.ts";
import { clearJournal, note } from "./journal.ts";
import { clearMessages, show } from "./messages.ts";
import { current, signIn, signOut } from "./sign-in.ts";
import { currentState, setState } from "./status.ts";

const user = element<HTMLInputElement>("user");
const to = element<HTMLInputElement>("to");
const text = element<HTMLInputElement>("text");
let connection: Connection | undefined;
let host = "";

function enter(session: Session): void {
  host = session.host;
  element("welcome").hidden = true;
  element("session").hidden = false;
  element("sign-out").hidden = false;
  element("sign-out").textContent = `Sign out ${session.user}`;
  element("host").textContent = `@${host}`;
  to.value = session.user === "bob" ? "alice" : "bob";
  nameOther();
  text.focus();
  setState("connecting");
  connection = connect(session, {
    minted(credential) {
      showCredential(credential);
      note("The app server minted a credential");
    },
    presented(mechanism) {
      element("mechanism").textContent = mechanism;
      note(`Presented by ${mechanism}`);
    },
    online(jid) {
      element("jid").textContent = jid;
      setState("online");
      note("Online");
    },
    lost() {
      if (currentState() !== "online") return;
      setState("lost");
      note("The connection was lost");
    },
    waits(error, wait) {
      setState("waiting");
      note(`${error.message}; once more in ${(wait / 1000).toFixed(1)} s`);
    },
    failed(error) {
      setState("failed");
      showFailure(error);
      note(`${error.code}: ${error.message}`);
    },
    said(from, what) {
      show(what, from.replace(`@${host}`, ""));
    },
  });
}

async function leave(): Promise<void> {
  const left = connection;
  connection = undefined;
  setState("out");
  await Promise.allSettled([left?.close(), signOut()]);
  clearFailure();
  clearCredential();
  clearJournal();
  clearMessages();
  element("session").hidden = true;
  element("sign-out").hidden = true;
  element("welcome").hidden = false;
  user.focus();
}

/** The page for somebody else: by its other name, so that it has a cookie of its own. */
function nameOther(): void {
  const link = element<HTMLAnchorElement>("other");
  const address = new URL(location.href);
  address.hostname = address.hostname === "localhost" ? "127.0.0.1" : "localhost";
  address.search = `?${new URLSearchParams({ user: to.value })}`;
  link.href = address.href;
  link.textContent = to.value;
}

element("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const complaint = element("sign-in-error");
  complaint.textContent = "";
  try {
    enter(await signIn<Session>(user.value.trim()));
  } catch (error) {
    complaint.textContent = (error as Error).message;
    user.focus();
  }
});

element("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const what = text.value;
  await connection?.send(`${to.value}@${host}`, what);
  text.value = "";
  show(what);
});

element("again").addEventListener("click", async ({ currentTarget }) => {
  clearFailure();
  if ((currentTarget as HTMLElement).dataset.code === "ERR_MINT") return leave();
  setState("connecting");
  await connection?.again();
});

element("cut").addEventListener("click", () => connection?.cut());
element("sign-out").addEventListener("click", leave);
to.addEventListener("input", nameOther);

user.value = new URLSearchParams(location.search).get("user") ?? "";
const session = await current<Session>();
if (session) enter(session);
else user.focus();
