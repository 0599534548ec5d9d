import type { MayflyError } from "mayfly/client";
import { element } from "./element.ts";

const titles: Partial<Record<MayflyError["code"], string>> = {
  ERR_REFUSED: "The server lets nobody in with this credential",
  ERR_REVOKED: "Your access was ended",
  ERR_MINT: "You are not signed in any more",
  ERR_CREDENTIAL: "The app server minted what cannot be sent",
  ERR_MECHANISM: "The server does not take such a credential",
  ERR_INSECURE: "The connection is not encrypted",
};

/** Shows a failure that does not pass by itself. */
export function showFailure({ code, message }: MayflyError): void {
  element("failure-title").textContent = titles[code] ?? "The login failed";
  element("failure-detail").textContent = `${code}: ${message}`;
  element("again").textContent = code === "ERR_MINT" ? "Sign in again" : "Try again";
  element("again").dataset.code = code;
  element("failure").hidden = false;
}

/** Shows none. */
export function clearFailure(): void {
  element("failure").hidden = true;
}
