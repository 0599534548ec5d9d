import { element } from "../../web/page/element.ts";
import { note } from "../../web/page/journal.ts";
import { routeOf } from "./relayed.ts";
import type { Call } from "./sip.ts";

const voice = new Audio();
voice.autoplay = true;
let current: Call | undefined;

/**
 * Shows a call, until it ends.
 *
 * @param media - how its media is to go, once it is answered
 */
export function showCall(call: Call, media: () => RTCConfiguration): void {
  if (current) {
    call.hangUp(); // one at a time
    return;
  }
  current = call;
  let tick: ReturnType<typeof setInterval> | undefined;
  show(call.isIncoming ? "incoming" : "calling");
  element("who").textContent = call.isIncoming ? `${call.other} calls` : `Calling ${call.other} …`;
  element("answer").onclick = () => call.answer(media());
  element("hang-up").onclick = call.hangUp;
  element("hang-up").textContent = call.isIncoming ? "Decline" : "Hang up";
  note(call.isIncoming ? `${call.other} calls` : `Calling ${call.other}`);

  call.watch({
    answered(peer) {
      show("talking");
      element("who").textContent = `In a call with ${call.other}`;
      element("hang-up").textContent = "Hang up";
      note("Answered");
      voice.srcObject = new MediaStream(peer.getReceivers().map(({ track }) => track));
      tick = setInterval(() => showRoute(peer), 500);
    },
    ended(reason) {
      clearInterval(tick);
      current = undefined;
      voice.srcObject = null;
      for (const id of ["way", "sent", "received"]) element(id).textContent = "–";
      show("idle");
      note(`The call is over: ${reason}`);
    },
  });
}

function show(state: "idle" | "calling" | "incoming" | "talking"): void {
  element("call").hidden = state !== "idle";
  element("calling").hidden = state === "idle";
  element("answer").hidden = state !== "incoming";
  element("route").hidden = state !== "talking";
}

async function showRoute(peer: RTCPeerConnection): Promise<void> {
  const route = await routeOf(peer);
  if (!route || !current) return;
  element("way").textContent = `${route.local} – ${route.remote}`;
  element("sent").textContent = kilobytes(route.sent);
  element("received").textContent = kilobytes(route.received);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
