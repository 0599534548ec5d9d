import { element } from "./element.ts";

const messages = element("messages");

/** Shows a message, of one's own where it is from nobody else. */
export function show(text: string, from?: string): void {
  const item = document.createElement("li");
  const who = document.createElement("span");
  who.textContent = from ?? "You";
  if (from === undefined) item.className = "own";
  item.append(who, text);
  messages.append(item);
  item.scrollIntoView({ block: "nearest" });
  element("nobody").hidden = true;
}

/** Forgets everything. */
export function clearMessages(): void {
  messages.replaceChildren();
  element("nobody").hidden = false;
}
