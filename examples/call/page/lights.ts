import { element } from "../../web/page/element.ts";

/** What the credential is for. */
export type Service = "xmpp" | "sip" | "turn";

/** How a service takes it. */
export type Light = "off" | "trying" | "good" | "bad";

/** Shows how a service takes the credential, and why. */
export function setLight(service: Service, light: Light, reason = ""): void {
  element(service).dataset.light = light;
  element(`${service}-reason`).textContent = reason;
  const has = (needed: Service) => element(needed).dataset.light === "good";
  element<HTMLButtonElement>("send").disabled = !has("xmpp");
  element<HTMLButtonElement>("call").disabled = !(has("sip") && has("turn"));
}
