import type { MintedCredential } from "mayfly/client";
import { element } from "./element.ts";

const card = element("credential");
let tick: ReturnType<typeof setInterval> | undefined;
let minted = 0;

/** Shows a credential taken apart, without what makes it one, and how long it is good for. */
export function showCredential({
  jid = "",
  username,
  password,
  ttl,
  expires,
}: MintedCredential): void {
  const received = Date.now();
  const mac = password.split(/[.:]/).at(-1) ?? "";
  const masked = `${mac.slice(0, 4)}…`;
  card.dataset.some = "";
  element("minted").textContent = `No. ${++minted}, good for ${ttl} s`;
  element("expiry").textContent = String(expires);
  element("id").textContent = jid;
  element("mac").textContent = masked;
  element("username").textContent = username;
  element("password").textContent = password.slice(0, -mac.length) + masked;
  clearInterval(tick);
  tick = setInterval(count, 1000);
  count();

  function count(): void {
    const passed = Math.round((Date.now() - received) / 1000);
    const left = Math.max(0, ttl - passed); // whatever the clock says
    element("time").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    element("left-label").textContent =
      left > 0 ? "until it expires" : "expired; the session goes on";
    card.dataset.age = left === 0 ? "expired" : left <= Math.max(10, ttl / 10) ? "late" : "fresh";
    element("bar").style.setProperty("--left", String(left / ttl));
    if (left === 0) clearInterval(tick);
  }
}

/** Shows none. */
export function clearCredential(): void {
  clearInterval(tick);
  minted = 0;
  delete card.dataset.some;
  for (const id of ["mechanism", "jid"]) element(id).textContent = "–";
}
