import { element } from "./element.ts";

const events = element("events");

/** Writes down what happened, the latest first. */
export function note(text: string): void {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString([], { hourCycle: "h23" });
  item.append(time, ` ${text}`);
  events.prepend(item);
}

/** Forgets everything. */
export function clearJournal(): void {
  events.replaceChildren();
}
