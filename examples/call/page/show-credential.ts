import { element } from "../../web/page/element.ts";
import { type Credential, forXmpp } from "./credential.ts";

const card = element("credential");
// A server takes it until its second is over.
const lastSecond = 2;
let tick: ReturnType<typeof setInterval> | undefined;

/** Shows a credential taken apart, without most of its MAC. */
export function showParts(credential: Credential, isTampered: boolean): void {
  const { username, password } = credential;
  const { jid = "", username: localpart, expires } = forXmpp(credential);
  const mac = `${password.slice(0, 4)}••••`;
  card.dataset.some = "";
  card.dataset.tampered = String(isTampered);
  const texts = {
    expiry: String(expires),
    id: jid,
    mac,
    "xmpp-username": localpart,
    "xmpp-password": `${expires}:${mac}`,
    "sip-username": username,
    "sip-password": mac,
  };
  for (const [id, text] of Object.entries(texts)) element(id).textContent = text;
}

/** Counts down how long a credential is good for that has just been fetched. */
export function countDown({ ttl }: Credential, onEnd: () => void): void {
  const received = Date.now();
  clearInterval(tick);
  tick = setInterval(count, 1000);
  count();

  function count(): void {
    const passed = Math.round((Date.now() - received) / 1000);
    const left = Math.max(0, ttl - passed); // whatever the clock says
    element("time").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    element("left-label").textContent = left > 0 ? "until it expires" : "expired";
    card.dataset.age = left === 0 ? "expired" : left <= ttl / 10 ? "late" : "fresh";
    element("bar").style.setProperty("--left", String(left / ttl));
    if (passed < ttl + lastSecond) return;
    clearInterval(tick);
    onEnd();
  }
}

/** Shows none. */
export function clearCredential(): void {
  clearInterval(tick);
  delete card.dataset.some;
}
