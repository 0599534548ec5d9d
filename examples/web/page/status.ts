import { element } from "./element.ts";

/** How the connection is. */
export type State = "out" | "connecting" | "online" | "lost" | "waiting" | "failed";

const words: Record<State, string> = {
  out: "Signed out",
  connecting: "Connecting …",
  online: "Online",
  lost: "Connection lost, connecting again …",
  waiting: "Cannot log in now, trying again …",
  failed: "Not connected",
};

let state: State = "out";

/** How the connection is now. */
export function currentState(): State {
  return state;
}

/** Says how the connection is, and lets do what can be done then. */
export function setState(next: State): void {
  state = next;
  const status = element("status");
  status.dataset.state = state;
  status.textContent = words[state];
  for (const id of ["cut", "send"]) {
    element<HTMLButtonElement>(id).disabled = state !== "online";
  }
}
