import { constants } from "node:os";

type Stop = () => unknown;
const running: Stop[] = [];
let steps = 0;

/** Prints a line. */
export function say(line: string): void {
  console.log(line);
}

/** Prints the heading of the next step. */
export function step(heading: string): void {
  say(`${++steps}  ${heading}`);
}

/** Prints a fact below a step. */
export function fact(name: string, value: string): void {
  say(`     ${name.padEnd(36)} ${value}`);
}

/** Remembers how to stop what was started, or is starting. */
export function onStop(stop: Stop): void {
  running.push(stop);
}

/** Stops everything that was started, the last first. */
export async function stopEverything(): Promise<void> {
  for (let stop = running.pop(); stop; stop = running.pop()) await stop();
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    // What breaks while we stop is no news.
    process.once("uncaughtException", () => {}).once("unhandledRejection", () => {});
    say("\nStopping ...");
    await stopEverything();
    process.exit(128 + constants.signals[signal]);
  });
}
